/* The stream that the reader program writes and ingest reads: the one contract between the two
 * programs. All integers little-endian. A stream is a sequence of frames: u32 size of the body, u8
 * type, body. A body is at most PIPE_MAX_FRAME bytes. The writer is not trusted: the reader of a
 * stream checks all.
 *
 * 'L' layers     u16 count, then per layer: text name, text geometry ("", "point", "polygon",
 * "mixed" ...), i64 features (-1 unknown)            (answer to --list; then 'E') 'H' header text
 * layer, text driver, text encoding, text crs ("EPSG:4326", "" = none stated), text crs_wkt, u8
 * has_geometry, i64 features (-1 unknown), u16 columns, per column: text name, u8 type (1 integer,
 * 2 real, 3 text, 4 date/time as text, 5 binary) 'R' rows       u32 count, then rows: i64 row
 * number in the source (1 = first data row), u32 geometry size (0xffffffff = null), WKB, then per
 * column: u8 tag 0 null; 1 integer i64; 2 real f64; 3 text u32 size + bytes (UTF-8); 5 binary u32
 * size + bytes 'B' bad row    i64 row number, text reason, text original (as much as could be read;
 * the row is quarantined) 'W' warning    text sentence 'P' raster     u32 width, u32 height, f64
 * geotransform[6], text crs, u8 has_nodata, f64 nodata, text unit 'D' raster row u32 row, then
 * width f64 values (NaN = no data) 'E' end        i64 rows sent + bad rows; a stream without it is
 * broken 'F' failure    u8 err_code, text sentence, text hint; ends the stream text = u32 size +
 * UTF-8 bytes.
 *
 * Command line: fallow-reader list|rows|raster --fd N --name BASENAME [--layer L] [--member M]
 * [--encoding E]
 *   [--header yes|no] [--file FD:NAME]... [--limit KEY=VALUE]... [--unsandboxed]
 *   --file adds a companion (a Shapefile's .dbf, a FileGDB's files as FOLDER/NAME). Coordinates are
 * always east, north. 'W' may come before 'H'. The file comes as an open descriptor; nothing else
 * may be opened after the sandbox closes. */
#ifndef INGEST_PIPE_H
#define INGEST_PIPE_H

#define PIPE_MAX_FRAME (64u << 20)
#define PIPE_ROWS_TARGET (256u << 10) /* the reader closes a rows frame near this size */

enum pipe_type {
	PIPE_INTEGER = 1,
	PIPE_REAL = 2,
	PIPE_TEXT = 3,
	PIPE_TIME = 4,
	PIPE_BINARY = 5
};

#endif
