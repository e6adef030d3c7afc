#include "ingest/guess_words.h"

#include <stddef.h>

const struct guess_name guess_names[] = {
	/* positions; these are columns of a mapping, not fields */
	{ "lat", NULL,
	  "lat|latitude|latitud|latdd|latitudedd|latdecimal|declat|latwgs84|широта|shirota|enlik|"
	  "en dairesi|"
	  "geografska sirina|sirina|latituddecimal|y lat" },
	{ "lon", NULL,
	  "lon|lng|long|longitude|longitud|londd|longdd|longitudedd|longdecimal|declong|lonwgs84|"
	  "longwgs84|довгота|"
	  "dovhota|uzunluq dairesi|boylam|geografska duzina|duzina|longituddecimal|x lon" },
	{ "seat_lat", NULL,
	  "latitudcabecera|latcabecera|settlement lat|town lat|village latitude" },
	{ "seat_lon", NULL,
	  "longitudcabecera|loncabecera|settlement lon|town lon|village longitude" },
	{ "x", NULL,
	  "x|easting|eastings|este|coordx|xcoord|pointx|coordenadax|utme|utmx|x m|схід|istok" },
	{ "y", NULL,
	  "y|northing|northings|norte|coordy|ycoord|pointy|coordenaday|utmn|utmy|y "
	  "m|північ|sjever" },
	{ "position", NULL,
	  "coordinates|coordinate|coords|coord|latlon|latlong|lat "
	  "lon|coordenadas|koordinate|координати|koordinatlar|"
	  "mgrs|mgrs coordinates|grid reference|gridref|usng|wkt|geom wkt|shape wkt|geometry wkt|geometry|geom|the geom|geojson" },
	{ "given_datum", NULL,
	  "datum|crs|srs|coordinate system|reference system|coordsys|sistema de coordenadas|datum "
	  "as given" },
	/* every kind */
	{ "national_id", NULL,
	  "id|code|local id|localid|hazard id|hazardid|hazard local id|hazardlocalid|hazreduc "
	  "localid|accident id|"
	  "accident local id|accidentlocalid|victim id|victim local id|victimlocalid|sha id|cha "
	  "id|task id|codigo|"
	  "identificador|номер|код|nomre|kod|broj|sifra|ref|reference|reference number|national "
	  "number|unique id|uid|"
	  "uniqueid|dev id|find id|katotth|shapeid|geonameid|pcode|iso1|iso2|osm id" },
	{ "imsma_id", NULL, "imsma id|imsmaid|imsma guid|imsma|globalid|guid|hazard guid" },
	{ "imsma_links", NULL, "imsma links|linked ids|links" },
	{ "valid_from", NULL,
	  "date of information|info date|infodate|date|date reported|report date|reportdate|data "
	  "date|survey date|"
	  "surveydate|updated|last update|date updated|dataentry date|date of survey|fecha|fecha "
	  "de informacion|fecha "
	  "reporte|datum izvjestaja|datum|дата|дата інформації|дата звіту|дата обстеження|дата оновлення|дата внесення|date of report|"
	  "date of update|tarix|melumatin "
	  "tarixi|as of|asof|valid from" },
	{ "remarks", NULL,
	  "remarks|remark|comment|comments|notes|note|description|observaciones|observacion|"
	  "descripcion|napomena|"
	  "komentar|примітки|примітка|опис|qeydler|qeyd|izah" },
	{ "place_name", NULL,
	  "place|place name|village|town|city|settlement|locality|location name|nearest "
	  "town|nearest village|community|"
	  "vereda|sitio|localidad|poblado|lugar|naselje|mjesto|selo|населений "
	  "пункт|село|місто|місце|kend|seher|"
	  "yasayis menteqesi|yer" },
	{ "admin1_name", NULL,
	  "admin1|adm1|admin1 name|adm1 en|adm1 "
	  "name|province|region|state|oblast|governorate|departamento|depto|"
	  "department|canton|kanton|entity|entitet|provincia|область|oblast name|vilayet|rayon "
	  "qrupu|first level" },
	{ "admin2_name", NULL,
	  "admin2|adm2|admin2 name|adm2 en|adm2 "
	  "name|district|municipality|municipio|county|raion|rayon|opcina|opstina|"
	  "muncipality|район|rayon name|громада|second level|canton municipal" },
	{ "accuracy_m", NULL,
	  "accuracy|accuracy m|position accuracy|hacc|precision m|gps accuracy|точність|deqiqlik" },
	/* hazard */
	{ "class", " hazard ",
	  "class|land class|hazard class|hazard type|hazardtype|hazardtypename|hazard "
	  "category|area type|areatype|"
	  "type area|typearea|type|type of area|type of hazard|classification|clase|clase de "
	  "area|tipo|tipo de area|"
	  "tip|tip povrsine|vrsta|vrsta povrsine|клас|тип|тип ділянки|sinif|sahenin novu" },
	{ "status", " hazard ",
	  "status|hazard status|hazardstatus|area "
	  "status|state|estado|stanje|стан|статус|veziyyet|status name|statuscode" },
	{ "outcome", " hazard ",
	  "outcome|release type|released by|release method|how released|result" },
	{ "status_date", " hazard ",
	  "status date|status changed|status changed date|date of status|fecha estado" },
	{ "reported_area_m2", " hazard place ",
	  "area|area m2|area sqm|areasqm|area size|areasize|size m2|size sqm|reported "
	  "area|superficie|superficie m2|"
	  "area metros|povrsina|povrsina m2|площа|площа м2|площа (м²)|площа м²|площа кв м|sahe|sahesi|polygon "
	  "area|areainsqm|surface|surface m2" },
	{ "estimated_area_m2", " hazard ",
	  "estimated area|estimated area m2|area estimate|estimated size" },
	{ "remaining_area_m2", " hazard ", "remaining area|remaining area m2|area remaining" },
	{ "marked", " hazard ",
	  "marked|is marked|signs|warning signs|sealed|obilježeno|позначено|nisanlanib" },
	{ "blockages", " hazard ", "blockage|blockages|blocked|obstruction" },
	/* accident */
	{ "date", " accident ",
	  "date of accident|accident date|accidentdate|date of incident|incident date|event "
	  "date|date|fecha|fecha del "
	  "evento|fecha evento|datum nesrece|дата події|дата|hadise tarixi|tarix" },
	{ "month", " activity ", "month|mes|mjesec|місяць|ay" },
	{ "year", " accident activity ",
	  "year|ano|anio|año|godina|рік|il|accident year|year of accident" },
	{ "time", " accident ", "time|time of accident|hora|vrijeme|час|vaxt" },
	{ "class", " accident ",
	  "class|accident type|accidenttype|type of accident|event type|tipo "
	  "evento|tipoevento|type|tipo|vrsta|тип "
	  "події|hadisenin novu" },
	{ "device_class", " accident victim ",
	  "device|device type|device class|explosive device|ordnance type|mine type|type of "
	  "device|artefacto|tipo de "
	  "artefacto|naprava|пристрій|qurgu" },
	{ "killed", " accident ",
	  "killed|dead|deaths|fatalities|muertos|fallecidos|poginuli|загинуло|olen|oldurulen" },
	{ "injured", " accident ",
	  "injured|wounded|injuries|heridos|lesionados|povrijedjeni|ranjeni|поранено|yaralanan" },
	{ "area_type", " accident victim ",
	  "area type|tipo area|tipoarea|zona|urban rural|urbanrural|zone" },
	/* victim */
	{ "outcome", " victim ",
	  "outcome|injury|casualty status|injury status|killed injured|estado|estado "
	  "victima|condition after|ishod|"
	  "наслідок|netice|fate|result" },
	{ "sex", " victim ", "sex|gender|genero|sexo|spol|pol|стать|cins" },
	{ "age_years", " victim ", "age|age years|edad|starost|вік|yas|years old" },
	{ "age_band", " victim ",
	  "age band|age group|agegroup|rangoedad|rango edad|rango de edad|grupo etario|вікова "
	  "група|yas qrupu" },
	{ "status", " victim ",
	  "status|condicion|victim status|victim type|civilian military|category|civil "
	  "status|статус|статус особи|statusu" },
	{ "activity", " victim ",
	  "activity|activity at time|activity at time of "
	  "accident|actividad|aktivnost|заняття|mesguliyyet" },
	{ "accident_date", " victim ",
	  "date of accident|accident date|accidentdate|date of incident|incident date|fecha|fecha "
	  "del evento|дата події|"
	  "hadise tarixi" },
	{ "accident_year", " victim ",
	  "year|ano|anio|año|godina|рік|il|accident year|year of accident" },
	{ "accident_month", " victim ", "month|mes|mjesec|місяць|ay|accident month" },
	{ "name", " victim ",
	  "name|full name|victim name|nombre|ime|ime i prezime|ім'я|піб|ad|ad soyad" },
	{ "birth_date", " victim ",
	  "birth date|date of birth|dob|birthdate|fecha de nacimiento|дата народження" },
	/* ordnance */
	{ "category", " ordnance ",
	  "category|device type|ordnance type|type|item type|uxo type|tipo|vrsta|тип|novu|device "
	  "category" },
	{ "model", " ordnance ", "model|device model|ordnance model|modelo|модель|marka" },
	{ "quantity", " ordnance ",
	  "quantity|qty|count|number|cantidad|kolicina|кількість|say|miqdar" },
	{ "found_date", " ordnance ",
	  "found date|date found|date of find|date|fecha|fecha hallazgo|дата|дата "
	  "виявлення|tarix|tapilma tarixi" },
	{ "found_year", " ordnance ", "year|ano|anio|godina|рік|il" },
	{ "found_month", " ordnance ", "month|mes|mjesec|місяць|ay" },
	{ "depth_cm", " ordnance ", "depth|depth cm|profundidad|dubina|глибина|derinlik" },
	/* activity */
	{ "type", " activity ",
	  "type|activity type|task type|type of activity|tipo|tipo de "
	  "actividad|tipodesminado|vrsta|вид робіт|novu" },
	{ "status", " activity ", "status|task status|estado|стан|veziyyet" },
	{ "start_date", " activity ",
	  "start date|startdate|start|from|fecha inicio|початок|baslama" },
	{ "end_date", " activity ",
	  "end date|enddate|completed|completion date|fecha fin|завершення|bitme" },
	{ "cleared_area_m2", " activity ",
	  "cleared area|cleared area m2|area cleared|areacleared|areadespejada|area despejada|area "
	  "despejada m2|"
	  "ociscena povrsina|очищена площа|temizlenmis sahe" },
	{ "reduced_area_m2", " activity ", "reduced area|area reduced|reduced area m2" },
	{ "cancelled_area_m2", " activity ",
	  "cancelled area|canceled area|area cancelled|cancelled area m2" },
	{ "organisation_name", " activity ",
	  "organisation|organization|operator|agency|organizacion|операtor|organizasiya" },
	/* place */
	{ "name", " place ",
	  "name|place name|shapename|adm name|admin name|nombre|naziv|назва|ad|adi|asciiname|name "
	  "en|adm1 en|adm2 en|"
	  "adm0 en|name local" },
	{ "name_en", " place ", "name en|nameen|english name|name:en" },
	{ "name_uk", " place ", "name uk|nameuk|ukrainian name|name:uk" },
	{ "name_az", " place ", "name az|nameaz|azerbaijani name|name:az" },
	{ "type", " place ", "type|place type|shapetype|admin level|adminlevel|level|admlevel" },
	{ "national_code", " place ",
	  "national code|katotth|koatuu|code|ubigeo|dane|divipola|iso2" },
	{ "p_code", " place ", "p code|pcode|adm1 pcode|adm2 pcode|adm0 pcode" },
	{ "country", " place ",
	  "country|country code|countrycode|iso a3|iso3|adm0 a3|shapegroup|iso1" },
	{ "population", " place ",
	  "population|pop|poblacion|stanovnistvo|населення|ehali|pop max" },
	{ NULL, NULL, NULL },
};

const struct guess_value guess_values[] = {
	{ "hazard_class", "sha",
	  "suspected minefield|suspected hazardous area|suspected area|suspect area|suspected "
	  "mined area|suspected|sha|"
	  "smf|suspect|area sospechosa|sospecha de campo minado|area peligrosa sospechosa|sumnjiva "
	  "povrsina|sumnjivo "
	  "minsko polje|підозрювана|підозра на мінування|підозрювана територія|suphəli "
	  "sahə|şübhəli|possible minefield" },
	{ "hazard_class", "cha",
	  "minefield|mine field|confirmed minefield|confirmed hazardous area|confirmed "
	  "area|confirmed mined area|"
	  "confirmed|cha|mined area|defined hazardous area|dha|area peligrosa confirmada|area "
	  "minada|campo minado|minsko "
	  "polje|minirana povrsina|мінне поле|заміновано|підтверджена|təsdiqlənmiş|minalanmış "
	  "sahə" },
	{ "hazard_class", "battle_area",
	  "battlefield|battle field|uxo area|combat area|ba|бойова зона|поле бою" },
	{ "hazard_class", "cluster_area",
	  "cluster munition area|cluster munition strike|cluster strike|cluster|cmr "
	  "area|касетна|kaset" },
	{ "hazard_class", "ammo_storage",
	  "ammunition storage|ammunition depot|stockpile|arsenal almacenada|asa" },
	{ "hazard_class", "eod_spot",
	  "spot|spot uxo|uxo spot|spot task|eod spot task|single item" },
	{ "hazard_class", "unknown", "dangerous area|da|hazardous area|hazard" },
	{ "hazard_status", "open",
	  "active|open|not "
	  "cleared|current|remaining|abierto|activo|aktivno|otvoreno|відкрито|активна|aktiv|açıq" },
	{ "hazard_status", "worked_on",
	  "ongoing|in progress|worked on|under clearance|work in progress|en proceso|u toku|в "
	  "роботі|davam edir" },
	{ "hazard_status", "suspended",
	  "suspended|on hold|stopped|suspendido|obustavljeno|призупинено|dayandırılıb" },
	{ "hazard_status", "closed",
	  "closed|cleared|released|completed|complete|done|expired|cancelled|reduced|cerrado|"
	  "despejado|liberado|"
	  "zatvoreno|ociseno|очищено|закрито|bağlı|təmizlənib" },
	{ "victim_outcome", "killed",
	  "killed|dead|died|death|fatal|fatality|deceased|muerto|muerta|fallecido|fallecida|"
	  "poginuo|poginula|mrtav|"
	  "загинув|загинула|загинули|öldü|həlak oldu|ölən" },
	{ "victim_outcome", "injured",
	  "injured|wounded|injury|survivor|survived|herido|herida|lesionado|povrijeden|ranjen|"
	  "поранений|поранена|"
	  "поранено|yaralandı|yaralı|yaralanan" },
	{ "victim_status", "civilian",
	  "civilian|civil|civiles|civilna osoba|цивільний|цивільна|mülki|mülki şəxs" },
	{ "victim_status", "military_security",
	  "military|security forces|soldier|police|fuerza publica|militar|policia|vojna "
	  "osoba|військовий|hərbçi|hərbi" },
	{ "victim_status", "deminer",
	  "deminer|desminador|deminer civil|сапер|minatəmizləyən|demining staff" },
	{ "age_band", "child",
	  "menor de 18 anos|menor|child|children|minor|under 18|<18|0 17|дитина|uşaq|boy|girl" },
	{ "age_band", "adult",
	  "mayor de 18 anos|mayor|adult|over 18|18+|18 and over|дорослий|böyük|man|woman" },
	{ "area_type", "urban", "urbana|urbano|gradska|міська|şəhər" },
	{ "area_type", "rural", "rural|seoska|сільська|kənd" },
	{ "victim_activity", "passing_by",
	  "pasando estando cerca|passing by|passing|standing nearby|bystander" },
	{ "victim_activity", "farming",
	  "agricultura|agriculture|farming|cultivating|zemljoradnja|землеробство|əkinçilik" },
	{ "victim_activity", "herding",
	  "cuidado de animales|herding|tending animals|animal husbandry|випас худоби" },
	{ "victim_activity", "playing", "jugando|playing|recreation|igra|гра|oyun" },
	{ "victim_activity", "tampering",
	  "manipulacion|tampering|handling|handling device|поводження з предметом" },
	{ "victim_activity", "walking",
	  "transito por via usual|transito por trocha atajo|walking|travelling on foot|viajando a "
	  "pie" },
	{ "victim_activity", "collecting_food_water",
	  "recogiendo comida agua o madera|collecting food|collecting water|collecting food "
	  "water|hunting" },
	{ "victim_activity", "fishing", "caza pesca|fishing|pesca" },
	{ "victim_activity", "at_home", "trabajos de casa|household work|at home" },
	{ "victim_activity", "military",
	  "fuerza publica|actividades fuerza publica|military|military activity|military "
	  "duties|erradicacion ponal" },
	{ "victim_activity", "demining", "labores de desminado|demining" },
	{ "victim_activity", "construction_utility_work",
	  "mantenimiento de infraestructura|construction|road work|utility work" },
	{ "victim_activity", "other",
	  "otra|other|erradicador manual pci|erradicacion de cultivos ilicitos|labores de "
	  "rescate" },
	{ "victim_activity", "travelling_vehicle",
	  "travelling by vehicle|driving|viajando en vehiculo" },
	{ "victim_activity", "unknown", "viajando|not known" },
	{ "accident_class", "mine",
	  "accidente por map|mine accident|landmine|mine|ap mine|minska nesreca|підрив на міні" },
	{ "accident_class", "uxo_axo", "accidente por muse|uxo|erw|uxo accident|erw accident|nus" },
	{ "accident_class", "demining", "demining accident|desminado" },
	{ "accident_class", "ied", "ied|aei|improvised explosive device" },
	{ "accident_class", "cluster", "cluster|submunition|cluster munition" },
	{ "device_class", "mine_unspecified", "accidente por map|mine|landmine|mina|міна" },
	{ "device_class", "ap_mine",
	  "ap mine|apm|antipersonnel mine|anti personnel mine|mina antipersonal|протипіхотна "
	  "міна" },
	{ "device_class", "av_mine",
	  "at mine|atm|antitank mine|anti tank mine|av mine|antivehicle mine|протитанкова міна" },
	{ "device_class", "other_erw",
	  "accidente por muse|uxo|erw|unexploded ordnance|muse|нерозірваний боєприпас" },
	{ "device_class", "submunition",
	  "submunition|cluster submunition|bomblet unexploded|суббоєприпас" },
	{ "activity_type", "clearance",
	  "clearance|demining|desminado|comunidades|bases "
	  "militares|ciscenje|розмінування|təmizləmə" },
	{ "activity_type", "nts",
	  "nts|non technical survey|estudio no tecnico|нетехнічне обстеження" },
	{ "activity_type", "ts", "ts|technical survey|estudio tecnico|технічне обстеження" },
	{ "place_type", "country", "adm0|0|2|pcli|pais|država|країна|ölkə" },
	{ "place_type", "admin1",
	  "adm1|4|province|region|oblast|departamento|область|department|canton|state" },
	{ "place_type", "admin2", "adm2|6|district|raion|rayon|municipio|municipality|район" },
	{ "place_type", "admin3", "adm3|8|opcina|commune|громада" },
	{ "place_type", "settlement",
	  "ppl|ppla|ppla2|ppla3|ppla4|pplc|town|village|city|село|місто|kənd|şəhər" },
	{ NULL, NULL, NULL },
};
