# The same work in base R: individuals limits, the eight Nelson rules, four indices with their intervals; once on all
# characteristics as columns of one matrix, once characteristic by characteristic, as scripts with qcc are written.
arguments <- commandArgs(trailingOnly = TRUE)
rounds <- as.integer(arguments[2])
rows <- as.integer(arguments[3])
kinds <- as.integer(arguments[4])
raw <- readBin(arguments[1], "double", 2 * rows * kinds)
characteristic <- as.integer(raw[seq_len(rows * kinds)])
value <- raw[rows * kinds + seq_len(rows * kinds)]
lower <- -4.0
upper <- 4.0

index <- function(mean, sigma, n) {
  dof <- n - 1
  spread <- (upper - lower) / (6 * sigma)
  centred <- pmin(upper - mean, mean - lower) / (3 * sigma)
  error <- qnorm(0.975) * sqrt(1 / (9 * n) + centred^2 / (2 * dof))
  list(spread, spread * sqrt(qchisq(0.025, dof) / dof), spread * sqrt(qchisq(0.975, dof) / dof),
       centred, centred - error, centred + error)
}

windows <- function(hits, span) {
  total <- apply(hits, 2, cumsum)
  total[-seq_len(span), ] <- total[-seq_len(span), ] - total[seq_len(nrow(total) - span), ]
  total
}

as_matrix <- function() {
  x <- matrix(value[order(characteristic, method = "radix")], ncol = kinds)
  n <- nrow(x)
  mean <- colMeans(x)
  steps <- x[-1, ] - x[-n, ]
  within <- colMeans(abs(steps)) / (2 / sqrt(pi))
  overall <- sqrt(colSums((x - rep(mean, each = n))^2) / (n - 1))
  z <- (x - rep(mean, each = n)) / rep(within, each = n)
  none <- matrix(FALSE, 1, kinds)
  up <- rbind(none, steps > 0)
  down <- rbind(none, steps < 0)
  turns <- rbind(none, (up[-1, ] & down[-n, ]) | (down[-1, ] & up[-n, ]))
  full <- function(span) row(x) >= span
  two <- windows(z > 2, 3); twolow <- windows(z < -2, 3)
  four <- windows(z > 1, 5); fourlow <- windows(z < -1, 5)
  alarms <- c(
    sum(abs(z) > 3),
    sum(windows(z > 0, 9) >= 9 | windows(z < 0, 9) >= 9),
    sum(windows(up, 5) >= 5 | windows(down, 5) >= 5),
    sum(windows(turns, 12) >= 12),
    sum(((two >= 2 & z > 2) | (twolow >= 2 & z < -2)) & full(3)),
    sum(((four >= 4 & z > 1) | (fourlow >= 4 & z < -1)) & full(5)),
    sum(windows(abs(z) < 1, 15) >= 15),
    sum(windows(abs(z) > 1, 8) >= 8)
  )
  list(alarms = alarms, short = index(mean, within, n), long = index(mean, overall, n))
}

one_chart <- function(x) {
  n <- length(x)
  steps <- diff(x)
  within <- mean(abs(steps)) / (2 / sqrt(pi))
  z <- (x - mean(x)) / within
  rolling <- function(hits, span) {
    total <- stats::filter(hits, rep(1, span), sides = 1)
    ifelse(is.na(total), 0, total)
  }
  both <- function(zone, span, needed) {
    (rolling(z > zone, span) >= needed & z > zone) | (rolling(z < -zone, span) >= needed & z < -zone)
  }
  up <- c(FALSE, steps > 0)
  down <- c(FALSE, steps < 0)
  turns <- c(FALSE, (up[-1] & down[-n]) | (down[-1] & up[-n]))
  alarms <- c(
    sum(abs(z) > 3),
    sum(both(0, 9, 9)),
    sum(rolling(up, 5) >= 5 | rolling(down, 5) >= 5),
    sum(rolling(turns, 12) >= 12),
    sum(both(2, 3, 2)),
    sum(both(1, 5, 4)),
    sum(rolling(abs(z) < 1, 15) >= 15),
    sum(rolling(abs(z) > 1, 8) >= 8)
  )
  list(alarms = alarms, short = index(mean(x), within, n), long = index(mean(x), sd(x), n))
}

one_by_one <- function() {
  charts <- lapply(split(value, characteristic), one_chart)
  list(alarms = Reduce(`+`, lapply(charts, `[[`, "alarms")),
       long = list(0, 0, 0, sapply(charts, function(chart) chart$long[[4]])))
}

for (work in list(as_matrix, one_by_one)) {
  taken <- numeric(rounds)
  for (round in seq_len(rounds)) taken[round] <- system.time(found <- work())[["elapsed"]]
  cat(sprintf("%.4f %s %.10f\n", median(taken), paste(found$alarms, collapse = ","), sum(found$long[[4]])))
}
