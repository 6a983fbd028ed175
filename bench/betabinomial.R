# Rscript betabinomial.R data.csv package: seconds, log-likelihood, coefficients of the mean, of log(alpha + beta) and of
# the certain zeros. The columns of the data are k, n, x0, x1, ..., and optionally z0, z1, ... and v0, v1, ...
arguments <- commandArgs(TRUE)
data <- read.csv(arguments[1])
outcome <- cbind(data$k, data$n - data$k)
part <- function(letter) { # without the constant
  columns <- grep(paste0("^", letter, "[0-9]"), names(data))
  as.matrix(data[, columns[-1], drop = FALSE])
}
X <- part("x")
Z <- part("z")
V <- part("v")
dispersion <- if (ncol(Z)) ~Z else ~1
zero <- if (ncol(V)) ~V else ~1
inflated <- "v0" %in% names(data)
invisible(loadNamespace(arguments[2]))
started <- proc.time()[["elapsed"]]
if (arguments[2] == "glmmTMB") {
  fit <- glmmTMB::glmmTMB(outcome ~ X,
    data = data, family = glmmTMB::betabinomial(), dispformula = dispersion, ziformula = if (inflated) zero else ~0
  )
  coef <- unlist(glmmTMB::fixef(fit)[c("cond", "disp", "zi")])
  loglik <- as.numeric(logLik(fit))
} else if (arguments[2] == "gamlss") {
  library(gamlss) # it looks its own functions up by name
  control <- gamlss.control(n.cyc = 500, trace = FALSE)
  fit <- if (inflated) {
    gamlss(outcome ~ X, sigma.formula = dispersion, nu.formula = zero, family = ZIBB(), control = control)
  } else {
    gamlss(outcome ~ X, sigma.formula = dispersion, family = BB(), control = control)
  }
  coef <- c(fit$mu.coefficients, -fit$sigma.coefficients, fit$nu.coefficients)
  loglik <- as.numeric(logLik(fit))
} else {
  fit <- VGAM::vglm(outcome ~ X, VGAM::betabinomial(zero = 2))
  both <- VGAM::coef(fit)
  coef <- c(both[-2], -both[2])
  loglik <- VGAM::logLik.vlm(fit)
}
seconds <- proc.time()[["elapsed"]] - started
cat(format(c(seconds, loglik, unname(coef)), digits = 17), sep = "\n")
