//! `process_*`, as client libraries of Prometheus name them, read from `/proc`. Where that is missing, they are absent.

use std::fs;

use super::text::{Kind, Text};

/// What the kernel says about this process.
struct Usage {
    cpu_seconds: f64,
    start_seconds: f64,
    virtual_bytes: f64,
    resident_bytes: f64,
}

/// Writes the families of this process.
pub(super) fn write(text: &mut Text<'_>) {
    if let Some(usage) = usage() {
        text.family("process_cpu_seconds_total", Kind::Counter, "User and system CPU time spent, in seconds.");
        text.sample(&[], usage.cpu_seconds);
        text.family("process_start_time_seconds", Kind::Gauge, "Start of the process, in seconds since 1970.");
        text.sample(&[], usage.start_seconds);
        text.family("process_virtual_memory_bytes", Kind::Gauge, "Virtual memory, in bytes.");
        text.sample(&[], usage.virtual_bytes);
        text.family("process_resident_memory_bytes", Kind::Gauge, "Resident memory, in bytes.");
        text.sample(&[], usage.resident_bytes);
    }
    if let Ok(entries) = fs::read_dir("/proc/self/fd") {
        text.family("process_open_fds", Kind::Gauge, "Open file descriptors.");
        // Reading the directory holds one itself.
        text.sample(&[], entries.count().saturating_sub(1) as f64);
    }
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    text.family("process_max_fds", Kind::Gauge, "Limit on open file descriptors.");
    text.sample(&[], limit.map_or(f64::INFINITY, |n| n as f64));
}

fn usage() -> Option<Usage> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let boot = fs::read_to_string("/proc/stat").ok()?;
    let boot: f64 = boot.lines().find_map(|l| l.strip_prefix("btime "))?.trim().parse().ok()?;
    parse(&stat, boot, rustix::param::clock_ticks_per_second() as f64, rustix::param::page_size() as f64)
}

/// Fields of `/proc/self/stat` (proc(5)): 14 utime, 15 stime, 22 starttime, 23 vsize, 24 rss. The second field is
/// the name in brackets and may hold blanks and brackets, so we count from the last bracket.
fn parse(stat: &str, boot: f64, ticks: f64, page: f64) -> Option<Usage> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let field = |n: usize| fields.get(n - 3)?.parse::<f64>().ok();
    Some(Usage {
        cpu_seconds: (field(14)? + field(15)?) / ticks,
        start_seconds: boot + field(22)? / ticks,
        virtual_bytes: field(23)?,
        resident_bytes: field(24)? * page,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_shift_the_fields() {
        let stat = "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 8 0 1000 4096000 25 18446744073709551615";
        let usage = parse(stat, 100.0, 100.0, 4096.0).expect("parses");
        assert_eq!((usage.cpu_seconds, usage.start_seconds), (3.0, 110.0));
        assert_eq!((usage.virtual_bytes, usage.resident_bytes), (4_096_000.0, 102_400.0));
        assert!(parse("nonsense", 0.0, 1.0, 1.0).is_none() && parse("1 (x) S 1", 0.0, 1.0, 1.0).is_none());
    }
}
