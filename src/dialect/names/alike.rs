//! Names that MySQL and MariaDB mix up in wide tables. From 33 columns on they look columns up by a hash that takes
//! letters for equal which differ only in their marks, if the names have the same number of bytes: of `é` and `è` an
//! INSERT of both is refused (1110), and a SELECT of one shows the other.

/// Lower-case letters of the same weight in `utf8mb3_general_ci`, as MariaDB 10.11 itself says.
const ALIKE: [&str; 60] = [
    "aàáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ",
    "bḃḅḇ",
    "cçćĉċčḉ",
    "dďḋḍḏḑḓ",
    "eèéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ",
    "fḟ",
    "gĝğġģǧǵḡ",
    "hĥȟḣḥḧḩḫẖ",
    "iìíîïĩīĭįİıǐȉȋḭḯỉị",
    "jĵǰ",
    "kķǩḱḳḵ",
    "lĺļľḷḹḻḽ",
    "mḿṁṃ",
    "nñńņňǹṅṇṉṋ",
    "oòóôõöōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ",
    "pṕṗ",
    "rŕŗřȑȓṙṛṝṟ",
    "sßśŝşšſșṡṣṥṧṩẛ",
    "tţťțṫṭṯṱẗ",
    "uùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự",
    "vṽṿ",
    "wŵẁẃẅẇẉẘ",
    "xẋẍ",
    "yýÿŷȳẏẙỳỵỷỹ",
    "zźżžẑẓẕ",
    "µμ",
    "æǣǽ",
    "øǿ",
    "ʒǯ",
    "άαἀἁἂἃἄἅἆἇὰᾀᾁᾂᾃᾄᾅᾆᾇᾰᾱᾲᾳᾴᾶᾷ",
    "έεἐἑἒἓἔἕὲ",
    "ήηἠἡἢἣἤἥἦἧὴᾐᾑᾒᾓᾔᾕᾖᾗῂῃῄῆῇ",
    "ίΐιϊἰἱἲἳἴἵἶἷὶιῐῑῒῖῗ",
    "όοὀὁὂὃὄὅὸ",
    "ύυϋΰὐὑὒὓὔὕὖὗὺῠῡῢῦῧ",
    "ώωὠὡὢὣὤὥὦὧὼᾠᾡᾢᾣᾤᾥᾦᾧῲῳῴῶῷ",
    "βϐ",
    "θϑ",
    "κϰ",
    "πϖ",
    "ρϱῤῥ",
    "σςϲ",
    "φϕ",
    "ϒϓϔ",
    "ѐёеӗ",
    "ѓг",
    "ії",
    "ќк",
    "ѝиӣӥ",
    "ўуӯӱӳ",
    "аӑӓ",
    "жӂӝ",
    "зӟ",
    "оӧ",
    "чӵ",
    "ыӹ",
    "эӭ",
    "ѵѷ",
    "әӛ",
    "өӫ",
];

/// Two names with the same form are one name to such a table.
pub(super) fn form(name: &str) -> String {
    let one = |c: char| {
        let lower = c.to_lowercase().next().unwrap_or(c);
        ALIKE.iter().find(|group| group.contains(lower)).and_then(|group| group.chars().next()).unwrap_or(lower)
    };
    format!("{} {}", name.len(), name.chars().map(one).collect::<String>())
}
