//! A day's scores as bars in the terminal.

use serde_json::Value;

/// The width of a full bar.
const WIDTH: usize = 40;

/// Today's scores, a bar each; a score that is null has none.
pub fn today(day: &Value) -> String {
    let mut chart = format!("\n     adherence on {}\n", day["date"].as_str().unwrap_or_default());
    for (name, field) in [
        ("nutrition", "nutrition_score"),
        ("strength", "strength_score"),
        ("clinical", "clinical_score"),
        ("total", "total_score"),
    ] {
        chart += &match day[field].as_f64() {
            Some(score) => format!("     {name:<10} {} {score:>6.2}\n", bar(score)),
            None => format!("     {name:<10} {} {:>6}\n", "·".repeat(WIDTH), "–"),
        };
    }
    chart
}

fn bar(score: f64) -> String {
    let full = ((score / 100.0 * WIDTH as f64).round() as usize).min(WIDTH);
    format!("{}{}", "█".repeat(full), "░".repeat(WIDTH - full))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_score() {
        assert_eq!(bar(0.0), "░".repeat(40));
        assert_eq!(bar(50.0), format!("{}{}", "█".repeat(20), "░".repeat(20)));
        assert_eq!(bar(100.0), "█".repeat(40));
        assert!(today(&json!({"total_score": null})).contains("total      ····"));
    }
}
