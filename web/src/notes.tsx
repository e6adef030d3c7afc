// Notes that the register writes beside its figures, in the language chosen. What is not in the table stays as it came, marked as
// English; `#` stands for a number or date and is kept.
import { lang } from './state';

const table: [en: string, uk: string, az: string][] = [
	['of the area of its outline in the register', 'від площі її контуру в реєстрі', 'reyestrdəki konturunun sahəsindən'],
	['land that more than one hazard covers, counted once in extent.area', 'земля, яку вкриває кілька небезпек; у загальній площі рахується один раз', 'bir neçə təhlükənin örtdüyü torpaq; ümumi sahədə bir dəfə sayılır'],
	['drawn on receipt, not yet approved; in extent.area too', 'показано одразу, ще не затверджено; входить і до загальної площі', 'alınan kimi göstərilib, hələ təsdiqlənməyib; ümumi sahəyə də daxildir'],
	["released as reported by its source; not this register's release", 'вивільнено за повідомленням джерела; не вивільнення цим реєстром', 'mənbəyə görə istifadəyə verilib; bu reyestrin qərarı deyil'],
	["closed as its source reports; not this register's release", 'закрито за повідомленням джерела; не вивільнення цим реєстром', 'mənbəyə görə bağlanıb; bu reyestrin qərarı deyil'],
	['new, extended or reopened land', 'нова, розширена або знову відкрита земля', 'yeni, genişləndirilmiş və ya yenidən açılmış torpaq'],
	['battle areas, cluster munition areas, class not stated', 'райони бойових дій, касетних боєприпасів, клас не вказано', 'döyüş sahələri, kasetli sursat sahələri, sinfi göstərilməyənlər'],
	['open at the start, not drawn at the end, not released; or released, how is not known', 'на початку відкрита, наприкінці не показана і не вивільнена; або вивільнена невідомо як', 'əvvəldə açıq, sonda göstərilməyib, istifadəyə verilməyib; və ya necə verildiyi məlum deyil'],
	['all people of a settlement counted at its point', 'усіх людей населеного пункту пораховано в його точці', 'yaşayış məntəqəsinin bütün sakinləri onun nöqtəsində sayılıb'],
	['of # whose age is known', 'із # тих, чий вік відомий', 'yaşı məlum olan # nəfərdən'],
	['# of # with a position', '# із # з координатами', '#, cəmi # – mövqeyi olan'],
	['# of them without a position', 'із них без координат: #', 'onlardan # mövqesizdir'],
	['# without a position: only what they report is in high', 'без координат: #; у верхній межі лише те, про що вони повідомляють', '# mövqesizdir: yuxarı hədddə yalnız onların bildirdiyi var'],
	['needs a date: --after YYYY-MM-DD', 'потрібна дата виготовлення, після якої рахувати', 'hansı istehsal tarixindən sonra sayılacağı lazımdır'],
	['no date was given: ask with --after YYYY-MM-DD', 'дату виготовлення, після якої рахувати, не вказано', 'hansı istehsal tarixindən sonra sayılacağı göstərilməyib'],
	['made after #, as read on the item', 'виготовлено після #, як прочитано на предметі', '# tarixindən sonra istehsal edilib, əşyanın üzərində oxunduğu kimi'],
	['of finds and accidents outside the records but within 2 km; low and high are quartiles', 'знахідок і випадків поза записами, але в межах 2 км; межі – квартилі', 'qeydlərdən kənarda, lakin 2 km daxilində tapıntı və hadisələr; hədlər kvartillərdir'],
	['records without a quantity are counted as one item each; nothing bounds them from above', 'запис без кількості рахується як один предмет; верхньої межі немає', 'sayı göstərilməyən qeyd bir əşya sayılır; yuxarı həddi yoxdur'],
	['no minefield record has an outline', 'жоден запис мінного поля не має контуру', 'heç bir minalanmış sahə qeydinin konturu yoxdur'],
	['no hazard recorded is open', 'жодна зареєстрована небезпека не відкрита', 'qeydə alınmış heç bir təhlükə açıq deyil'],
	['no find or accident has a position', 'жодна знахідка чи випадок не має координат', 'heç bir tapıntı və ya hadisənin mövqeyi yoxdur'],
	["the claim's unit is another: the two are not compared", 'одиниця твердження інша: їх не порівнюють', 'iddianın vahidi başqadır: müqayisə edilmir'],
	['settlements with their population', 'населені пункти з їх населенням', 'əhalisi ilə yaşayış məntəqələri'],
	['fewer than 5, not published', 'менше ніж 5, не публікується', '5-dən az, dərc olunmur'],
	['as known at #', 'як було відомо #', '# tarixinə məlum olduğu kimi'],
	['its records are not published one by one', 'його записи не публікуються поодинці', 'onun qeydləri ayrıca dərc olunmur'],
	['an assumption is no forecast: soils, devices and methods differ', 'припущення – не прогноз: ґрунти, пристрої та методи різні', 'fərziyyə proqnoz deyil: torpaq, qurğular və üsullar fərqlidir'],
	['no day has accidents on both sides', 'немає дня з випадками з обох боків', 'hər iki tərəfdə hadisə olan gün yoxdur'],
	['a claim counts what it says it counts, the records what the method says: compare with care', 'твердження рахує те, що саме зазначає, записи – за методом: порівнюйте обережно', 'iddia özünün dediyini, qeydlər isə metodun dediyini sayır: ehtiyatla müqayisə edin'],
	['a claim of a total: without the area and the method behind it, it implies nothing for the other', 'твердження про загальну суму: без площі та методу воно нічого не означає для іншого боку', 'ümumi məbləğ barədə iddia: sahə və metod olmadan digər tərəf üçün heç nə demək deyil'],
	['not published', 'не публікується', 'dərc olunmur'],
	['on both sides', 'з обох боків', 'hər iki tərəfdə'],
	['no date of information', 'без дати інформації', 'məlumatın tarixi yoxdur'],
];
const what = '([\\d\\s.,:TZ+-]*\\d[\\d.,:TZ+-]*)';
const rules = table.map(([en, uk, az]) => ({
	re: new RegExp(`^${en.split('#').map((x) => x.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join(what)}$`), uk, az,
}));

// One note, or several with "; " between; null when a part is not in the table.
function translated(text: string): string | null {
	if (lang.value === 'en') return text;
	const one = (s: string): string | null => {
		for (const r of rules) {
			const m = r.re.exec(s);
			if (!m) continue;
			let i = 0;
			return r[lang.value as 'uk' | 'az'].replace(/#/g, () => m[++i]);
		}
		return null;
	};
	const whole = one(text);
	if (whole !== null) return whole;
	const parts = text.split('; ').map((s) => one(s) ?? (/^[\w.]+\/\d+$/.test(s) ? s : null));
	return parts.length > 1 && parts.every((p) => p !== null) ? parts.join('; ') : null;
}
export function Note({ text }: { text: string }) {
	const here = translated(text);
	return here === null ? <span lang="en">{text}</span> : <>{here}</>;
}
