#!/usr/bin/env python3
"""Lint of the form tables in forms/. Standard library only.

Usage: forms_lint.py [folder of the tables]. Last line: "N passed, N failed"; exit code 1 when one failed.

ACCESS and LISTS are transcribed by hand from the domain reference (section numbers stand beside
them), not taken from the tables, so that a slip in a table shows as a difference.
"""
import csv
import os
import re
import sys

ROOT = os.environ.get("FALLOW_SOURCE_ROOT") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FORMS = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "forms")
LANGS = {"en": "English (en)", "uk": "Ukrainian (uk)", "az": "Azerbaijani (az)"}
KINDS = """hazard activity accident victim ordnance minefield_record claim source place organisation team task
quality education assistance decision event""".split()
LETTER = {"public": "P", "partner": "R", "restricted": "S", "identity": "I"}

# Section 2: the fields of every record, and the program's own bookkeeping.
COMMON = """national_id valid_from source_refs source_reliability info_credibility remarks import_source import_row
import_key import_flags""".split()
POSITION = "geo_safe given_text given_datum given_format operation accuracy_m fix_method point_role".split()

# Access letters of sections 3-10, field by field. R/S where a row of the reference splits.
ACCESS = {
    "hazard": """geometry:P class:P status:P outcome:P status_date:R status_reason:R reference_point:R benchmark:R
        evidence:R device_classes:R estimated_area_m2:R remaining_area_m2:R parent_hazard:R handed_over_date:P
        handed_over_to:P blockages:P slope:R vegetation:R soil:R metal_level:R marked:P marking_type:P marked_date:P
        booby_traps_reported:S anti_lift_reported:S beneficiaries:P land_disputes:R returnees_expected:R
        intended_use:R given_text:S""",
    "activity": """type:P status:P hazards:R task:R organisation:P team:R method:R assets:R start_date:P end_date:P
        work_polygons:P coverage_percent:R sampling_rule:R asset_days:R stoppages:R finds:R qc_date:R qc_inspector:R qc_sampled_m2:R
        qc_result:R nonconformities:R handover_date:R handover_certificate:R handover_girls:R handover_boys:R
        handover_women:R handover_men:R""",
    "accident": """place:R place_name:R admin1_name:R admin2_name:R date:P time:R date_known:P geometry:R position_quality:R class:P device_class:P device_model:R killed:P
        injured:P unknown_outcome:P cause:R how_activated:R item_moved_before:R area_type:R in_hazard:R
        in_recorded_minefield:R on_released_land:R marked_before:R marking_type:R cleared_before:R cleared_by:R
        demining_tool:S demining_posture:S demining_ppe_worn:S demining_visor:S demining_asset:S demining_soil:S
        demining_slope:S demining_vegetation:S contributing_factors:S report:S""",
    "victim": """accident:R place:R place_name:R admin1_name:R admin2_name:R outcome:P died_date:S place_of_death:S sex:P birth_date:I age_years:I age_band:P status:P
        residence_status:R activity:P knew_danger:R saw_item:R touched:R had_risk_education:R visits_how_often:R
        wounds:S losses:S care_on_site:S transport_kind:S minutes_to_facility:S facility:S occupation_before:S
        occupation_after:S head_of_household:S education:S marital_status:S name:I contacts:I address:I nationality:I
        national_number:I consent_authorities:I consent_ngos:I consent_purpose:I consent_date:I
        consent_withdrawn:I""",
    "ordnance": """category:R subcategory:R model:R cord_id:R catuxo_ref:R confidence:R identified_by:R reviewed_by:R quantity:R geometry:S
        found_date:S found_by_activity:S situation:R condition:R emplacement:R depth_cm:R orientation:R
        placement_object:R activation:S construction:S anti_handling:S marking_text:R marking_place:R
        marking_colour:R marking_legibility:R marking_photos:R read_by:R second_reader:R made_country:R factory_code:R made_month:R made_year:R
        lot:R serial:R fuze_lot:R ap2_marked:R disposal_method:S disposal_date:S disposal_position:S ied_switch:S
        ied_main_charge:S ied_power_source:S ied_initiator:S ied_container:S ied_enhancement:S""",
    # Section 17: the public sees totals of accidents and victims, partners see the administrative unit; hence place:R.
    # Section 17: minefield records are not for the public and not for partners.
    "minefield_record": """party:S document:S received_date:S received_from:S record_no:S map_sheet:S grid:S
        reference_points:S diagram:S geometry:S weapons:S mine_positions:S rows:S booby_traps:S remote:S
        corner_points:S number_total:S self_destruct_period:S reliability:S found_inside:S not_found:S found_outside:S
        positional_error_m:S custody:S""",
    # Section 9 gives letters only to the informant; a claim is published already.
    "claim": """statement:P value:P low:P high:P unit:P figure_code:P place:P period_from:P period_to:P as_of:P made_by:P
        published_date:P quote:P source:P counting_rule:P""",
    "source": """type:P title:P published:P url:P how_obtained:S obtained_by:S obtained_at:S protected_identity:I""",
}

# Codes of the reference's lists, whole and in order. "unknown" is appended where rule 2 asks for it and a table has none.
LISTS = {
    "hazard_class": "indication sha cha battle_area cluster_area eod_spot ammo_storage high_risk unknown",  # 3.1
    "hazard_status": "open worked_on suspended closed handed_over reopened unknown",  # 3.2
    "outcome": "cancelled reduced cleared unknown",  # 3.3
    "evidence_type": """seen_ordnance detonation accident_located record_reliable signs_fence conclusive_sign
        inconclusive_sign old_survey combat_zone accident_unlocated record_weak land_unused verbal craters scrap_metal
        damaged_structures remote_sensing other none not_stated""",  # 3.4
    "evidence_base": "visual verbal former_records unknown",  # 3.5
    "blockage": """housing agriculture water roads_transport infrastructure community_services
        non_agriculture_livelihood safety unknown""",  # 3.6
    "activity_type": """nts ts clearance bac eod_spot marking verification qc_inspection qa_visit stockpile_destruction
        risk_education unknown""",  # 4.1
    "work_status": "planned ongoing completed suspended aborted unknown",  # 4.2
    "method": """manual mechanical dogs rats visual_surface detector_search drone_survey ground_robot raking excavation
        bulk_demolition unknown""",  # 4.3
    "stoppage_reason": "breakdown weather illness planning security other unknown",  # 4
    "accident_class": "mine cluster ied uxo_axo stored_ammunition demining other unknown",  # 5.1
    "contributing_factor": """marking communication equipment investigation medical training pressure_of_time
        detector_missed dog_missed mine_in_cleared_land other unknown""",  # 5
    "victim_outcome": "killed injured unknown",
    "sex": "female male not_stated",
    "victim_status": "civilian military_security deminer unknown",
    "residence_status": "resident idp refugee returnee other unknown",
    "place_of_death": "on_site in_transport in_care later unknown",
    "wound": """head_neck chest back pelvis_buttocks upper_limb lower_above_knee lower_below_knee other unknown""",
    "loss": """eyesight hearing hand_finger upper_limb foot_toe below_knee above_knee whole_lower_limb other
        unknown""",
    "victim_activity": """farming herding forestry_wood fishing collecting_scrap collecting_food_water travelling_vehicle
        walking playing construction_utility_work tampering demining military at_home passing_by other unknown""",  # 6.1
    "age_band": "child adult unknown",  # 13, scheme "monitor"
    "device_class": """ap_mine ap_mine_improvised av_mine mine_unspecified submunition bomblet cm_container projectile
        mortar rocket missile grenade_hand grenade_launched grenade_rifle air_bomb fuze sa_ammunition pyrotechnic
        other_erw booby_trap ied_victim ied_command ied_time ied_hoax ied_false unknown""",  # 7.1
    "ap_mine_type": "blast bounding_frag stake_frag directional scatterable unknown",  # 7.1
    "construction": "manufactured improvised modified unknown",
    "activation": "victim_person victim_vehicle victim_unknown command time none unknown",
    "situation": "unexploded abandoned emplaced stored fired_target unknown",  # 7.2
    "condition": "intact damaged corroded burnt fragments unknown",
    "emplacement": "buried surface above_ground in_structure in_water in_vegetation scattered unknown",
    "ied_category": "time command victim_operated combination hoax false unknown",  # 7.3
    "ied_victim_class": "contact influence unknown",
    "ied_command_link": "physical not_physical unknown",
    "placement_object": """a_emblem b_persons c_graves d_medical e_children f_food g_kitchen h_religious i_cultural
        j_animals portable_made other_object none unknown""",  # 7.4
    "source_type": """field_report survey_report accident_report minefield_map photo video imagery interview news
        official_statement court_document dataset population_raster book other unknown""",  # 9; the raster is ours
    "place_type": "country admin1 admin2 admin3 settlement other unknown",  # 10
    "organisation_type": """national_authority operations_centre operator ngo un military police_emergency commercial
        donor research other unknown""",
    "team_type": "nts ts manual mechanical dogs eod bac risk_education quality unknown",
    "task_status": "draft ordered accepted ongoing completed returned cancelled unknown",
    "decision_type": "approval return release reopen handover correction priority_override disclosure",
    "event_type": "viewed exported redacted handed_over erased key_changed imported dismissed deletion_proposed form_changed",  # DESIGN 2, 5
    "source_reliability": "a b c d e f",  # 2.4
    "info_credibility": "1 2 3 4 5 6",
    "yes_no_unknown": "yes no unknown",  # rule 2
    "point_role": """reference_point benchmark evidence_point view_point start_point turning_point intermediate_point
        end_point target_verified target_intended firing_point ordnance strike_mark fragmentation removed_item
        container container_part accident settlement other unknown""",  # 12 and rule 7
    "fix_method": "gnss resection map bearing_distance address other unknown",  # 12
}
# Rule 2 does not ask here: grades F and 6 are "cannot be judged", "not_stated" says it, and the program itself writes the rest.
NO_UNKNOWN = {"source_reliability", "info_credibility", "evidence_type", "sex", "decision_type", "event_type"}

# Codes whose mark in the reference is G or F~: verified=no. Every other code must not be marked.
UNVERIFIED = {
    "hazard_class": "sha battle_area",
    "outcome": "cancelled reduced cleared",
    "activity_type": "ts bac eod_spot marking qc_inspection",
    "quality_type": "qc_inspection",
    "victim_activity": LISTS["victim_activity"],
    "device_class": LISTS["device_class"],
    "ap_mine_type": "blast bounding_frag stake_frag directional scatterable",
    "placement_object": "g_kitchen",
    "age_band": "child",
    "source_reliability": "a b c d e f",
    "info_credibility": "1 2 3 4 5 6",
}
UNVERIFIED_FIELDS = {("*", "source_reliability"), ("*", "info_credibility"), ("source", "reliability"), ("education", "date")}

# Extra columns the program computes with.
EXTRA = {
    ("hazard_class", "danger_rank"): """indication:40 sha:70 cha:90 battle_area:80 cluster_area:85 eod_spot:60
        ammo_storage:75 high_risk:95 unknown:50""",
    ("hazard_class", "in_area_totals"): """indication:no sha:yes cha:yes battle_area:yes cluster_area:yes eod_spot:no
        ammo_storage:yes high_risk:yes unknown:yes""",
    ("hazard_status", "open_rank"): "open:50 worked_on:40 suspended:45 closed:10 handed_over:5 reopened:60 unknown:55",
    ("hazard_status", "open"): "open:yes worked_on:yes suspended:yes closed:no handed_over:no reopened:yes unknown:yes",
    ("evidence_type", "base"): """seen_ordnance:direct detonation:direct accident_located:direct record_reliable:direct
        signs_fence:direct conclusive_sign:direct inconclusive_sign:indirect old_survey:indirect combat_zone:indirect
        accident_unlocated:indirect record_weak:indirect land_unused:indirect verbal:indirect craters:indirect
        scrap_metal:indirect damaged_structures:indirect remote_sensing:indirect other:indirect none:indirect
        not_stated:indirect""",
    ("device_class", "monitor"): """ap_mine:antipersonnel_mine ap_mine_improvised:improvised_mine av_mine:antivehicle_mine
        mine_unspecified:unspecified_mine submunition:unexploded_submunition bomblet:unexploded_submunition
        cm_container:cluster_munition_remnant projectile:other_erw mortar:other_erw rocket:other_erw missile:other_erw
        grenade_hand:other_erw grenade_launched:other_erw grenade_rifle:other_erw air_bomb:other_erw fuze:other_erw
        sa_ammunition:other_erw pyrotechnic:other_erw other_erw:other_erw booby_trap:by_definition
        ied_victim:improvised_mine ied_command:not_counted ied_time:not_counted ied_hoax:not_counted
        ied_false:not_counted unknown:unspecified_item""",
    ("device_class", "apmbc"): """ap_mine:yes ap_mine_improvised:if_victim_activated av_mine:no_unless_person_activated
        mine_unspecified:undetermined booby_trap:if_meets_mine_definition ied_victim:if_meets_mine_definition
        ied_command:no ied_time:no""",
    ("device_class", "ccm"): "submunition:yes bomblet:yes cm_container:yes",
    ("device_class", "ccw"): """ap_mine:ap_ii ap_mine_improvised:ap_ii av_mine:ap_ii submunition:p_v bomblet:p_v
        cm_container:p_v projectile:p_v mortar:p_v rocket:p_v missile:p_v grenade_hand:p_v grenade_launched:p_v
        grenade_rifle:p_v air_bomb:p_v fuze:p_v sa_ammunition:p_v pyrotechnic:p_v other_erw:p_v booby_trap:ap_ii
        ied_victim:ap_ii ied_command:ap_ii_other_device ied_time:ap_ii_other_device""",
}

# Rule 3: a word of the code and a stem that the label must hold in each language. A label may hold the stem of
# another word of the same group only if the code does.
TRAPS = [
    {"female": ("female", "жін", "qadın"), "male": ("male", "чолов", "kişi"), "child": ("child", "дит", "uşaq"),
     "adult": ("adult", "доросл", "yetkin")},
    {"girls": ("girls", "дівч", "qız"), "boys": ("boys", "хлопц", "oğlan"), "women": ("women", "жін", "qadın"),
     "men": ("men", "чолов", "kişi")},
    {"killed": ("killed", ("загиб", "загин"), "həlak"), "injured": ("injured", "поранен", "yaralan")},
    {"civilian": ("civilian", "цивіл", "mülki"), "military": ("military", "війс", "hərb"),
     "deminer": ("deminer", "сапер", "minatəmizləyən")},
    {"cancelled": ("cancel", "скасов", "ləğv"), "reduced": ("reduced", "скороч", "ixtisar"),
     "cleared": ("cleared", "очищ", "təmizlən")},
    {"yes": ("yes", "так", "bəli"), "no": ("no", "ні", "xeyr")},
    {"expected": ("expected", "очікуван", "gözlənilən"), "confirmed": ("confirmed", "підтвердж", "təsdiqlən"),
     "suspected": ("suspected", "підозр", "şübhə")},
    {"before": ("before", ("до ", "раніше"), "əvvəl"), "after": ("after", "після", "sonra")},
    {"above": ("above", ("вище", "над "), ("dizdən yuxarı", "yerdən yuxarı")), "below": ("below", "нижче", "dizdən aşağı")},
    {"authorities": ("authorities", "влад", "dövlət"), "ngos": ("organisations", "організац", "təşkilat")},
    {"manufactured": ("manufactured", "завод", "zavod"), "improvised": ("improvised", "сам", "əldəqayırma")},
    {"person": ("person", ("людин", "особ"), ("insan", "şəxs")), "vehicle": ("vehicle", "транспорт", ("nəqliyyat", "avtomobil"))},
]
TRAP_LISTS = {"sex", "age_band", "victim_outcome", "victim_status", "outcome", "yes_no_unknown", "beneficiary_stage",
              "device_basis", "wound", "loss", "construction", "activation", "emplacement"}
TRAP_FIELDS = """girls boys women men handover_girls handover_boys handover_women handover_men killed injured
occupation_before occupation_after consent_authorities consent_ngos item_moved_before marked_before cleared_before
cancelled_area_m2 reduced_area_m2 cleared_area_m2""".split()
# Stems that name the class in all three languages.
STEMS = {
    ("hazard_class", "sha"): ("suspected", "підозр", "şübhə"), ("hazard_class", "cha"): ("confirmed", "підтвердж", "təsdiqlən"),
    ("hazard_class", "high_risk"): ("high", "висок", "yüksək"), ("hazard_class", "cluster_area"): ("cluster", "касет", "kaset"),
    ("hazard_status", "open"): ("open", "відкри", "açıq"), ("hazard_status", "closed"): ("closed", "закри", "bağlan"),
    ("hazard_status", "reopened"): ("reopen", "повторно", "yenidən"), ("hazard_status", "suspended"): ("suspend", "призуп", "dayandır"),
    ("hazard_status", "handed_over"): ("handed", "передан", "təhvil"),
    ("device_class", "ap_mine"): ("personnel", "піхот", "piyada"), ("device_class", "av_mine"): ("vehicle", "транспорт", "nəqliyyat"),
    ("device_class", "booby_trap"): ("booby", "пастк", "tələ"), ("device_class", "submunition"): ("submunition", "касет", "kaset"),
    ("device_class", "mortar"): ("mortar", "міномет", "minaatan"), ("device_class", "ied_victim"): ("victim", "жертв", "qurban"),
    ("device_class", "ied_command"): ("command", "команд", "komanda"), ("device_class", "ied_hoax"): ("hoax", "муляж", "saxta"),
    ("victim_activity", "demining"): ("demining", "розмінув", "minatəmizlə"), ("activity_type", "nts"): ("non-technical", "нетехн", "qeyri-texniki"),
    ("activity_type", "ts"): ("technical", "технічн", "texniki"), ("activity_type", "clearance"): ("clearance", "очищ", "təmizlə"),
    ("ap2_marked", "unmarked"): ("unmarked", "не марк", "markalanmayıb"), ("evidence_type", "conclusive_sign"): (": conclusive", ": переконлив", ": qəti"),
    ("evidence_type", "inconclusive_sign"): ("inconclusive", "непереконлив", "qeyri-qəti"),
    ("record_reliability", "high"): ("high", "висок", "yüksək"), ("record_reliability", "low"): ("low", "низьк", "aşağı"),
}
UK_ONLY = re.compile(r"[ыъэёЫЪЭЁ]")
AZ_BAD = re.compile(r"[wWаА-яЯ]")
WORD = re.compile(r"[^\W\d_]+")
LATIN_OK = set("""ISO IMSMA EPSG CORD CAT UXO WGS SHA UTM MGRS A B C D E F P""".split())

passed = failed = 0


def check(ok, what, *problems):
    """Count one check; print it only when it failed."""
    global passed, failed
    if ok:
        passed += 1
        return
    failed += 1
    print("FAILED", what)
    for p in list(problems)[:20]:
        print("   ", p)


def none_of(what, problems):
    problems = list(problems)
    check(not problems, what, *problems)


def read(name):
    path = os.path.join(FORMS, name)
    with open(path, "rb") as f:
        raw = f.read()
    check(b"\r" not in raw and raw.endswith(b"\n") and b"\t" not in raw, name + ": LF, ends in LF, no tabs")
    rows = list(csv.reader(raw.decode("utf-8").splitlines()))
    head = rows[0]
    none_of(name + ": every row has as many cells as the header", [r for r in rows if len(r) != len(head)])
    none_of(name + ": no blank around a cell", [c for r in rows for c in r if c != c.strip()])
    check(len(set(head)) == len(head), name + ": headers once")
    return head, [dict(zip(head, r)) for r in rows[1:]]


def label(row, lang, column="label"):
    return row.get(column + "::" + LANGS[lang], "")


def three(row, column="label"):
    return [label(row, l, column) for l in LANGS]


def low(text):
    """Lower case; the Turkic dotted capital I would otherwise become two characters."""
    return text.replace("İ", "i").lower()


def stems(want):
    return want if isinstance(want, tuple) else (want,)


def lint_texts(what, rows):
    """Languages: all or none of the three; Ukrainian in Cyrillic, Azerbaijani in Latin; no word in two scripts."""
    bad_script, bad_set = [], []
    for r in rows:
        for column in ("label", "hint", "constraint_message"):
            t = three(r, column)
            if any(t) and not all(t):
                bad_set.append((r.get("name"), column, t))
            for lang, text in zip(LANGS, t):
                for w in WORD.findall(text):
                    latin = bool(re.search(r"[A-Za-zÀ-ɏəƏ]", w))
                    cyrillic = bool(re.search(r"[\u0400-\u04ff]", w))
                    wrong = latin and cyrillic
                    if lang == "uk":
                        wrong = wrong or UK_ONLY.search(w) or (latin and w not in LATIN_OK)
                    else:
                        wrong = wrong or cyrillic
                    if lang == "az":
                        wrong = wrong or (re.search("[wW]", w) and w not in LATIN_OK and w not in ("WGS",))
                    if wrong:
                        bad_script.append((r.get("name"), lang, w))
    none_of(what + ": label, hint and message in all three languages or none", bad_set)
    none_of(what + ": scripts", bad_script)


def load():
    lists, extra, scope = {}, {}, {}
    head, rows = read("_shared.choices.csv")
    files = {"_shared": rows}
    for k in KINDS:
        files[k] = read(k + ".choices.csv")[1]
    for k, rows in files.items():
        for r in rows:
            n = r["list_name"]
            check(scope.setdefault(n, k) == k, "list %s stands in one file" % n, k, scope[n])
            lists.setdefault(n, []).append(r)
    surveys = {k: read(k + ".survey.csv")[1] for k in KINDS}
    return lists, scope, surveys


def lint_lists(lists, scope, used):
    for n, rows in lists.items():
        codes = [r["name"] for r in rows]
        none_of(n + ": codes are lower-case ASCII", [c for c in codes if not re.fullmatch(r"[a-z0-9][a-z0-9_]{0,59}", c)])
        check(len(set(codes)) == len(codes), n + ": codes once")
        none_of(n + ": all three labels", [(r["name"], three(r)) for r in rows if not all(three(r))])
        for l in LANGS:
            ls = [low(label(r, l)) for r in rows]
            none_of("%s: labels differ from one another (%s)" % (n, l), {x for x in ls if ls.count(x) > 1})
        if n not in NO_UNKNOWN:
            check("unknown" in codes, n + ": has unknown")
        else:
            check("unknown" not in codes, n + ": stands rightly among the lists without unknown")
        if n in LISTS:
            check(codes == LISTS[n].split(), n + ": codes of the reference", codes, LISTS[n].split())
        want = set(UNVERIFIED.get(n, "").split())
        have = {r["name"] for r in rows if r.get("verified") == "no"}
        check(want == have, n + ": unverified marks", "missing", want - have, "too many", have - want)
        none_of(n + ": nobody is named as reviewer who did not review", [r["name"] for r in rows if r.get("reviewer::uk") or r.get("reviewer::az")])
        us = used.get(n, set())
        check(len(us) > 0, n + ": is used")
        check((scope[n] == "_shared") == (len(us) > 1), n + ": shared if and only if several kinds use it", us, scope[n])
        lint_texts("list " + n, rows)
    none_of("every list of the reference is there", [n for n in LISTS if n not in lists])
    for (n, column), want in EXTRA.items():
        want = dict(x.split(":") for x in want.split())
        have = {r["name"]: r.get(column, "") for r in lists.get(n, []) if r.get(column)}
        check(want == have, "%s: column %s" % (n, column), *[(c, want.get(c), have.get(c)) for c in set(want) | set(have) if want.get(c) != have.get(c)])


def lint_traps(lists, surveys):
    def agree(what, code, labels):
        tokens = code.split("_")
        for group in TRAPS:
            inside = [w for w in group if w in tokens]
            if not inside:
                continue
            for w in inside:
                for lang, want, text in zip(LANGS, group[w], labels):
                    check(any(s in low(text) for s in stems(want)), "%s: label says %s (%s)" % (what, w, lang), text)
            for w in group:
                if w in inside:
                    continue
                for lang, want, text in zip(LANGS, group[w], labels):
                    words = low(text)
                    bad = [s for s in stems(want) if len(s) > 3 and re.search(r"(?<!\w)" + re.escape(s), words)]
                    # "women" holds "men": only whole starts of words count.
                    check(not bad, "%s: label does not say %s (%s)" % (what, w, lang), text)

    for n in TRAP_LISTS:
        for r in lists.get(n, []):
            agree("%s.%s" % (n, r["name"]), r["name"], three(r))
    for k, rows in surveys.items():
        for r in rows:
            if r["name"] in TRAP_FIELDS:
                agree("%s.%s" % (k, r["name"]), r["name"], three(r))
    for (n, code), want in STEMS.items():
        r = [x for x in lists.get(n, []) if x["name"] == code]
        check(r and all(s in low(t) for s, t in zip(want, three(r[0]))), "%s.%s: label and code agree" % (n, code), r and three(r[0]))
    child = [x for x in lists["age_band"] if x["name"] == "child"][0]
    check(all("18" in t for t in three(child, "hint")), "age_band.child: definition says 18")
    # One word, one translation: the same code with the same English label reads the same everywhere, save for agreement in gender and case.
    for n in ("unknown", "other"):
        odd = [(l, three(r)) for l, rows in lists.items() for r in rows if r["name"] == n and label(r, "en").lower() == n and three(r)[1:] not in (["Невідомо", "Məlum deyil"], ["Інше", "Digər"])]
        none_of("one translation of " + n, odd)


def lint_survey(k, rows, lists):
    fields, depth, names, top = [], None, set(), []
    settings = {r["type"]: r for r in rows if r["type"].startswith("settings_")}
    check(settings.get("settings_kind", {}).get("name") == k, k + ": settings_kind")
    check(all(three(settings.get("settings_kind", {}))), k + ": title in three languages")
    check(settings.get("settings_version", {}).get("name") == "1", k + ": settings_version")
    check(settings.get("settings_national_id", {}).get("name") == "national_id", k + ": settings_national_id")
    for r in rows:
        t = r["type"]
        if t.startswith("settings_"):
            continue
        if t == "end_repeat":
            check(depth is not None, k + ": end_repeat closes a repeat")
            depth = None
            continue
        key = (depth, r["name"])
        check(key not in names, "%s: field %s once" % (k, r["name"]))
        names.add(key)
        fields.append((depth, r))
        if depth is None:
            top.append(r["name"])
        if t == "begin_repeat":
            check(depth is None, "%s.%s: repeats do not nest" % (k, r["name"]))
            depth = r["name"]
    check(depth is None, k + ": every repeat is closed")
    none_of(k + ": names", [r["name"] for _, r in fields if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", r["name"])])
    none_of(k + ": all three labels", [r["name"] for _, r in fields if not all(three(r))])
    none_of(k + ": access is stated", [r["name"] for _, r in fields if r["access"] not in LETTER])
    none_of(k + ": nobody is named as reviewer who did not review", [r["name"] for r in rows if r.get("reviewer::uk") or r.get("reviewer::az")])
    none_of(k + ": a constraint has its message", [r["name"] for _, r in fields if bool(r["constraint"]) != bool(label(r, "en", "constraint_message"))])
    rank = "PRSI"
    by = {r["name"]: r for d, r in fields if d is None}
    none_of(k + ": a field inside a repeat is no more open than the repeat",
            [(d, r["name"]) for d, r in fields if d and rank.index(LETTER[r["access"]]) < rank.index(LETTER[by[d]["access"]])])
    check(top[: len(COMMON) - 4][:6] == COMMON[:6], k + ": starts with the common fields", top[:6])
    none_of(k + ": has every common field", [c for c in COMMON if c not in top])
    none_of(k + ": bookkeeping is core", [c for c in COMMON if (c.startswith("import_") or c == "valid_from") and by[c]["core"] != "yes"])
    check(by["valid_from"]["required"] in ("", "no") and by["valid_from"]["access"] == "public" and by["valid_from"]["type"] == "date", k + ": valid_from")
    for d, r in fields:
        m = re.fullmatch(r"select_(?:one|multiple) (\w+)", r["type"])
        if r["type"].startswith("select"):
            check(bool(m) and m.group(1) in lists, "%s.%s: its list exists" % (k, r["name"]), r["type"])
        if r["type"] in ("record", "records"):
            check(r["link"] in KINDS, "%s.%s: links to a kind" % (k, r["name"]), r["link"])
        else:
            check(not r["link"], "%s.%s: only links have a link" % (k, r["name"]))
        check((r["type"] == "geometry") == bool(r["geometry"]), "%s.%s: geometry types" % (k, r["name"]))
        for other in re.findall(r"\$\{(\w+)\}", r["relevant"] + r["constraint"]):
            check((d, other) in names or (None, other) in names, "%s.%s: refers to a field that exists" % (k, r["name"]), other)
        for other, code in re.findall(r"\$\{(\w+)\} = '(\w+)'", r["relevant"]):
            m2 = re.fullmatch(r"select_one (\w+)", by.get(other, {}).get("type", ""))
            check(bool(m2) and code in [c["name"] for c in lists[m2.group(1)]], "%s.%s: %s is a code of %s" % (k, r["name"], code, other))
        want = ("*", r["name"]) in UNVERIFIED_FIELDS or (k, r["name"]) in UNVERIFIED_FIELDS
        check((r["verified"] == "no") == (want and d is None), "%s.%s: unverified mark" % (k, r["name"]))
        unit = re.search(r"_(m2|m|cm|deg|percent)$", r["name"])
        if unit:
            check(r["unit"] == unit.group(1), "%s.%s: unit" % (k, r["name"]), r["unit"])
    if "geometry" in by and by["geometry"]["type"] == "geometry":
        none_of(k + ": has the position group", [p for p in POSITION if p not in top])
        check(by["geometry"]["core"] == "yes" and by["accuracy_m"]["core"] == "yes", k + ": geometry and accuracy_m are core")
    for pair in ACCESS.get(k, "").split():
        f, letter = pair.split(":")
        check(f in by and LETTER[by[f]["access"]] == letter, "%s.%s: access %s" % (k, f, letter), by.get(f, {}).get("access", "no such field"))
    lint_texts("kind " + k, [r for _, r in fields])


def main():
    lists, scope, surveys = load()
    used = {}
    for k, rows in surveys.items():
        for r in rows:
            m = re.fullmatch(r"select_(?:one|multiple) (\w+)", r["type"])
            if m:
                used.setdefault(m.group(1), set()).add(k)
    none_of("no table without a kind", [f for f in os.listdir(FORMS) if f.endswith(".csv") and f.split(".")[0] not in KINDS + ["_shared"]])
    lint_lists(lists, scope, used)
    lint_traps(lists, surveys)
    for k in KINDS:
        lint_survey(k, surveys[k], lists)
    # The same field with the same English label reads the same in every kind.
    seen, odd = {}, []
    for k, rows in surveys.items():
        for r in rows:
            if r["name"] and not r["type"].startswith("settings_"):
                key = (r["name"], label(r, "en"))
                if seen.setdefault(key, (k, three(r)))[1] != three(r):
                    odd.append((k, key, three(r), seen[key]))
    none_of("one field, one translation", odd)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
