# Rscript betabinomial.R data.csv package: seconds, log-likelihood, log(alpha + beta), coefficients.
arguments <- commandArgs(TRUE)
data <- read.csv(arguments[1])
outcome <- cbind(data$k, data$n - data$k)
X <- as.matrix(data[, -(1:3)]) # without k, n and the constant
invisible(loadNamespace(arguments[2]))
started <- proc.time()[["elapsed"]]
if (arguments[2] == "glmmTMB") {
  fit <- glmmTMB::glmmTMB(outcome ~ X, data = data, family = glmmTMB::betabinomial())
  coef <- glmmTMB::fixef(fit)$cond
  log_s <- log(sigma(fit))
  loglik <- as.numeric(logLik(fit))
} else {
  fit <- VGAM::vglm(outcome ~ X, VGAM::betabinomial(zero = 2))
  both <- VGAM::coef(fit)
  coef <- both[-2]
  log_s <- -both[2]
  loglik <- VGAM::logLik.vlm(fit)
}
seconds <- proc.time()[["elapsed"]] - started
cat(format(c(seconds, loglik, log_s, unname(coef)), digits = 17), sep = "\n")
