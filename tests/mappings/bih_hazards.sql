-- Bosnia and Herzegovina, suspected areas from EUFOR maps: no dates, no numbers; fileId is the 1:50,000 sheet.
SELECT geometry,
 CASE "typeArea" WHEN 'Suspected Minefield' THEN 'sha' ELSE "typeArea" END AS class,
 'open' AS status,
 'sheet ' || "fileId" AS remarks
FROM source
