//! How a change of the day's total is told.

/// Tells a change in hundredths of a point: signed, at most one decimal, no trailing zero, halves away from zero.
pub fn text(basis_points: i32) -> String {
    let tenths = (basis_points.unsigned_abs() + 5) / 10;
    let sign = if basis_points < 0 && tenths > 0 { '-' } else { '+' };
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{sign}{whole} points"),
        (whole, tenth) => format!("{sign}{whole}.{tenth} points"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_tenths_of_a_point() {
        for (basis_points, told) in [
            (500, "+5 points"),
            (-250, "-2.5 points"),
            (0, "+0 points"),
            (4, "+0 points"),
            (-4, "+0 points"),
            (5, "+0.1 points"),
            (-5, "-0.1 points"),
            (14, "+0.1 points"),
            (15, "+0.2 points"),
            (-15, "-0.2 points"),
            (94, "+0.9 points"),
            (95, "+1 points"),
            (-995, "-10 points"),
            (1000, "+10 points"),
            (3333, "+33.3 points"),
            (10_000, "+100 points"),
            (-10_000, "-100 points"),
            (i32::MIN, "-21474836.5 points"),
        ] {
            assert_eq!(text(basis_points), told, "{basis_points}");
        }
    }
}
