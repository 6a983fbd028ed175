# Rscript betabinomial.R data.csv package repeats: seconds, log-likelihood, log(alpha + beta), coefficients.
arguments <- commandArgs(TRUE)
data <- read.csv(arguments[1])
outcome <- cbind(data$k, data$n - data$k)
X <- as.matrix(data[, -(1:2)])
seconds <- numeric(0)
for (i in seq_len(as.integer(arguments[3]))) {
  started <- proc.time()[["elapsed"]]
  if (arguments[2] == "glmmTMB") {
    fit <- glmmTMB::glmmTMB(outcome ~ X - 1, family = glmmTMB::betabinomial())
    coef <- unname(glmmTMB::fixef(fit)$cond)
    log_s <- log(sigma(fit))
  } else {
    fit <- VGAM::vglm(outcome ~ X - 1, VGAM::betabinomial(zero = 2))
    both <- unname(VGAM::coef(fit))
    coef <- both[-1]
    log_s <- -both[1]
  }
  seconds <- c(seconds, proc.time()[["elapsed"]] - started)
}
cat(format(c(median(seconds), as.numeric(logLik(fit)), log_s, coef), digits = 17), sep = "\n")
