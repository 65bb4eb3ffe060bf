//! What is odd about a file of roads. None of it keeps a registry out of force: roads are not part of it.

/// Classes (`highway`) that are named where one is wanted.
const CLASSES: &str =
    "motorway, trunk, primary, secondary, tertiary, unclassified, residential, service, track, path …";

/// What is odd about a file of roads. `count` is always of the whole file; the fault names the first.
#[derive(Clone, PartialEq, Debug)]
pub enum RoadFault {
    /// There is no line in it.
    Empty,
    /// Features that are no lines, or lines of one point: left out.
    NotLines {
        /// How many.
        count: usize,
    },
    /// Roads without a class, or of one that nobody knows.
    Class {
        /// How many.
        count: usize,
    },
    /// Two points that follow each other lie further apart than any road runs straight.
    Jump {
        /// How far, metres.
        metres: f64,
        /// Such places.
        count: usize,
    },
    /// Points of roads that an extract does not hold: the roads end there.
    MissingPoints {
        /// How many points.
        count: usize,
    },
    /// Cameras without a road near them.
    Far {
        /// How many.
        count: usize,
        /// Of so many whose position is known.
        of: usize,
        /// From the midst of all cameras to the nearest road, metres.
        metres: f64,
    },
    /// Positions of a file that lie at the roads in another datum than they are said to be of. The value is that.
    Datum {
        /// How many.
        count: usize,
        /// The datum that fits.
        fits: &'static str,
        /// From them to the nearest road, the median, metres.
        metres: f64,
        /// The same in the datum that fits.
        fits_metres: f64,
    },
}

impl RoadFault {
    /// One sentence in Chinese; `value` is what stands there, as people are shown it.
    pub(super) fn zh(&self, value: &str) -> String {
        match self {
            RoadFault::Datum { count, fits, metres, fits_metres } => format!(
                "{count} 个坐标按 {value} 离道路 {metres:.0} 米（中位数），按 {fits} 只有 {fits_metres:.0} 米：坐标系是不是 \
                 {fits}？核对后填写 datum 列（也可能是道路文件不是 WGS 84）；程序不会自行换算"
            ),
            RoadFault::Empty => {
                "文件里没有道路；道路是 LineString 或 MultiLineString，在 PBF 里是带 highway 的 way".to_owned()
            }
            RoadFault::NotLines { count } => format!("{count} 个要素不是两点以上的线，不画"),
            RoadFault::Class { count } => {
                format!("{count} 条道路的 highway 没有填或不认识（第一个是 {value}）：可填 {CLASSES}；按一般小路画")
            }
            RoadFault::Jump { metres, count } => {
                format!("{value} 有相邻两点相距 {} 公里（共 {count} 处）：坐标是不是错了？", km(*metres))
            }
            RoadFault::MissingPoints { count } => format!(
                "道路有 {count} 个点不在文件里（第一条是 {value}），道路在那里断开；裁剪时请保留完整道路（osmium extract 的 \
                 complete_ways）"
            ),
            RoadFault::Far { count, of, metres } => format!(
                "{of} 台摄像机中有 {count} 台附近没有道路，离摄像机中心最近的道路在 {} 公里外：是不是别处的文件，或坐标不是 \
                 WGS 84？",
                km(*metres)
            ),
        }
    }

    /// The same in English.
    pub(super) fn en(&self, value: &str) -> String {
        match self {
            RoadFault::Datum { count, fits, metres, fits_metres } => format!(
                "{count} positions lie {metres:.0} m from the roads as {value} (median) and {fits_metres:.0} m as {fits}; \
                 are they {fits}? If so write that in the column datum (or are the roads not in WGS 84?); nothing is converted \
                 by itself"
            ),
            RoadFault::Empty => {
                "there is no road in it; a road is a LineString or MultiLineString, in a PBF a way with highway"
                    .to_owned()
            }
            RoadFault::NotLines { count } => {
                format!("{count} features are no lines of two points at least, and are left out")
            }
            RoadFault::Class { count } => format!(
                "the highway of {count} roads is empty or not known ({value} is the first); one of {CLASSES} is wanted: \
                 they are drawn as small roads"
            ),
            RoadFault::Jump { metres, count } => format!(
                "two points of {value} that follow each other are {} km apart ({count} such places): is a coordinate wrong?",
                km(*metres)
            ),
            RoadFault::MissingPoints { count } => format!(
                "{count} points of roads are not in the file ({value} is the first road), and the roads end there; keep \
                 roads whole when cutting (complete_ways of osmium extract)"
            ),
            RoadFault::Far { count, of, metres } => format!(
                "{count} of {of} cameras have no road near them, and the nearest road is {} km from their midst: is the file \
                 that of another place, or not in WGS 84?",
                km(*metres)
            ),
        }
    }
}

fn km(metres: f64) -> String {
    format!("{:.1}", metres / 1_000.0)
}
