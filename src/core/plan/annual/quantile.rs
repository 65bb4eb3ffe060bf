//! Quantiles of the two distributions that rates are estimated by, by halving on what the incomplete functions say.

use special::{Beta as _, Gamma as _};

/// Halvings: more than a double has digits.
const HALVINGS: usize = 200;

/// The value below which a Gamma variable of this shape and scale 1 lies with a probability of `p`. Shape above 0, `p`
/// within 0 and 1; exact to some ten digits.
pub(super) fn gamma(shape: f64, p: f64) -> f64 {
    let below = |ln: f64| ln.exp().inc_gamma(shape) < p;
    // Far below the least and above the greatest that a shape of an estimate can ask for.
    halve(below, (-700.0, (shape + 1.0).ln() + 10.0)).exp()
}

/// The value below which a Beta variable of these shapes, both above 0, lies with a probability of `p`, as odds x/(1−x).
pub(super) fn beta_odds(a: f64, b: f64, p: f64) -> f64 {
    let whole = a.ln_beta(b);
    // Asked from the side on which the variable is small, where a double has its digits.
    let below = |ln_odds: f64| {
        if ln_odds < 0.0 {
            (ln_odds.exp() / (1.0 + ln_odds.exp())).inc_beta(a, b, whole) < p
        } else {
            ((-ln_odds).exp() / (1.0 + (-ln_odds).exp())).inc_beta(b, a, whole) > 1.0 - p
        }
    };
    halve(below, (-700.0, 700.0)).exp()
}

fn halve(below: impl Fn(f64) -> bool, (mut least, mut most): (f64, f64)) -> f64 {
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(least, most);
        if below(middle) {
            least = middle;
        } else {
            most = middle;
        }
    }
    f64::midpoint(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, published: f64) {
        assert!((found / published - 1.0).abs() < 3e-4, "{found}, not {published}");
    }

    /// NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.4: critical values of the chi-square distribution.
    #[test]
    fn chi_square_as_published() {
        for (degrees, lower, upper) in [
            (1.0, 0.003_932_1, 3.841),
            (2.0, 0.102_59, 5.991),
            (10.0, 3.940, 18.307),
            (30.0, 18.493, 43.773),
            (100.0, 77.929, 124.342),
        ] {
            near(2.0 * gamma(degrees / 2.0, 0.05), lower);
            near(2.0 * gamma(degrees / 2.0, 0.95), upper);
        }
    }

    /// The same, 1.3.6.7.3: upper critical values of the F distribution, 5 %.
    #[test]
    fn f_as_published() {
        for (above, below, upper) in
            [(1.0, 1.0, 161.448), (2.0, 3.0, 9.552), (5.0, 10.0, 3.326), (10.0, 5.0, 4.735), (20.0, 100.0, 1.676)]
        {
            let (a, b): (f64, f64) = (above / 2.0, below / 2.0);
            near(beta_odds(a, b, 0.95) * below / above, upper);
            near(1.0 / (beta_odds(b, a, 0.05) * above / below), upper);
        }
    }

    #[test]
    fn they_are_inverse_also_far_out() {
        for shape in [0.02, 0.5, 3.0, 400.0] {
            for p in [0.05, 0.5, 0.95] {
                assert!((gamma(shape, p).inc_gamma(shape) - p).abs() < 1e-9, "{shape} {p}");
                let odds = beta_odds(shape, 7.0, p);
                let again = (odds / (1.0 + odds)).inc_beta(shape, 7.0, shape.ln_beta(7.0));
                assert!((again - p).abs() < 1e-9, "{shape} {p}: {again}");
            }
        }
    }
}
