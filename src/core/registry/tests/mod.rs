//! The room as a whole: faults by table, round trips by property, derived entrances, differences.

mod any;
mod bad;
mod derived;
mod differences;
mod hostile;
mod work;

/// What `any` speaks in; the shell crate includes it with its own.
mod words {
    pub(super) use crate::model::*;
    pub(super) use crate::registry::*;
}

use proptest::prelude::*;

use super::*;

/// A table out of lines of cells, separated by commas that stand in no cell.
fn table(text: &str) -> Table {
    let mut lines = text.lines().map(|l| l.split(',').map(|c| c.trim().to_owned()).collect::<Vec<_>>());
    let columns = lines.next().unwrap_or_default();
    let rows = lines.zip(2..).map(|(cells, line)| Row { line, cells: cells.iter().collect(), shape: None }).collect();
    Table { columns, rows }
}

fn tables(files: &[(FileKind, &str)]) -> Tables {
    Tables { files: files.iter().map(|(file, text)| (*file, table(text))).collect() }
}

fn errors(faults: Vec<Fault>) -> Vec<Fault> {
    faults.into_iter().filter(Fault::is_error).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_written_reads_as_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..1_500)) {
        let registry = any::registry(&bytes);
        let written = tables_of(&registry);
        let (again, faults) = judge(&written);
        prop_assert_eq!(errors(faults), vec![]);
        prop_assert_eq!(&again, &registry);
        prop_assert_eq!(tables_of(&again), written);
        prop_assert!(diff(&registry, &again).is_empty());

        let (again, faults) = read(&tables_of_rows(object_rows(&registry)));
        let missing_cameras = usize::from(registry.cameras.is_empty());
        prop_assert_eq!(errors(faults).len(), missing_cameras);
        prop_assert_eq!(&again, &registry);
    }

    #[test]
    fn arbitrary_cells_never_panic(cells in proptest::collection::vec(".{0,12}", 0..80), at in 0..FileKind::ALL.len()) {
        let file = FileKind::ALL[at];
        let columns: Vec<String> = file.columns().iter().map(|c| (*c).to_owned()).collect();
        let rows = cells.chunks(columns.len()).map(|c| Row { line: 2, cells: c.iter().collect(), shape: None }).collect();
        let (_, faults) = judge(&Tables { files: [(file, Table { columns, rows })].into() });
        for fault in faults {
            for language in [crate::model::Language::En, crate::model::Language::ZhCn] {
                prop_assert!(!fault.words(language).contains('\n'));
            }
        }
    }
}

#[test]
fn the_effective_plan_is_one_line() {
    let cameras: String = (0..778)
        .map(|i| format!("\nC{i:04},x,A,10.0.{}.{},rtsp://{{host}}/,http://{{host}}/", i / 256, i % 256))
        .collect();
    let files = [
        (FileKind::Areas, "id,kind\nA,village"),
        (FileKind::Cameras, &format!("id,name,area,host,rtsp,snapshot{cameras}")),
    ];
    let (mut registry, faults) = judge(&tables(&files));
    assert_eq!(errors(faults), []);
    let intervals = Intervals::default();
    assert_eq!(
        plan_summary(&registry, &intervals).to_string(),
        "778 cameras, 3 checks, about 105 probes a second, about 1.5 % of a core"
    );
    let summary = plan_summary(&registry, &intervals);
    assert_eq!(summary.reach_words(crate::model::Language::En).as_deref(), Some("reach is asked by tcp:554 (778)"));
    let mut mixed = registry.clone();
    mixed.cameras.values_mut().zip(1_u16..=9).for_each(|(c, n)| c.rtsp = Some(format!("rtsp://{{host}}:{n}/").into()));
    mixed.cameras.values_mut().skip(9).take(2).for_each(|c| (c.rtsp, c.snapshot) = (None, None));
    assert_eq!(
        plan_summary(&mixed, &intervals).reach_words(crate::model::Language::ZhCn).as_deref(),
        Some(
            "可达性检查方式：tcp:554（767 台）、icmp（2 台）、tcp:1（1 台）、tcp:2（1 台）、tcp:3（1 台）、tcp:4（1 台）、其他（5 台）"
        )
    );
    assert_eq!(PlanSummary::default().reach_words(crate::model::Language::En), None);
    registry.cameras.values_mut().take(100).for_each(|c| c.status = Life::Retired);
    let (nodes, faults) = judge(&tables(&[
        (FileKind::Nodes, "id,kind,address\nS1,switch,10.1.0.1\nS2,switch,10.1.0.2:80\nF,power,"),
        (FileKind::Cameras, "id,name,area"),
    ]));
    assert_eq!(errors(faults), []);
    registry.nodes = nodes.nodes;
    let summary = plan_summary(&registry, &intervals);
    assert_eq!((summary.cameras, summary.nodes, summary.checks_on.len()), (678, 2, 3));
    assert_eq!(
        summary.words(crate::model::Language::ZhCn),
        "678 台摄像机，3 项检查，每秒约 92 次探测（其中 0.2 次探测 2 个设备节点），约占一个核的 1.3%"
    );
}
