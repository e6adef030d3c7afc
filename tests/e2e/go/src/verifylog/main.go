// Verifylog checks a tlog-tiles folder with golang.org/x/mod/sumdb, code that is not ours: the
// checkpoint's signature, every tile and entry, the inclusion of every entry (at most 2,000 spread
// evenly in larger logs) and consistency from at most 200 earlier sizes.
//
//	verifylog DIR VKEYFILE
//
// Exit status 0 and one line if all holds, 1 and the reason if not.
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// folder reads tiles of a tlog-tiles folder for tlog.TileHashReader.
type folder struct{ dir string }

func (f folder) Height() int { return height }

func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(filepath.Join(f.dir, tilePath(fmt.Sprint(t.L), t.N, t.W)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func tilePath(level string, n int64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	if width < 1<<height {
		path += fmt.Sprintf(".p/%d", width)
	}
	return "tile/" + level + "/" + path
}

func openCheckpoint(dir, vkeyFile string) (tlog.Tree, string, error) {
	var tree tlog.Tree
	vkey, err := os.ReadFile(vkeyFile)
	if err != nil {
		return tree, "", err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		return tree, "", err
	}
	msg, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return tree, "", err
	}
	n, err := note.Open(msg, note.VerifierList(verifier))
	if err != nil {
		return tree, "", err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tree, "", fmt.Errorf("the checkpoint has not three lines")
	}
	if lines[0] != verifier.Name() {
		return tree, "", fmt.Errorf("the origin %s is not the key's name", lines[0])
	}
	tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || lines[1] != strconv.FormatInt(tree.N, 10) || tree.N < 0 {
		return tree, "", fmt.Errorf("the size %q is malformed", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tree, "", fmt.Errorf("the root is malformed")
	}
	copy(tree.Hash[:], root)
	return tree, lines[0], nil
}

func readEntries(dir string, size int64) ([][]byte, error) {
	var entries [][]byte
	for n := int64(0); int64(len(entries)) < size; n++ {
		width := 1 << height
		if size-n<<height < int64(width) {
			width = int(size - n<<height)
		}
		path := tilePath("entries", n, width)
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		for i := 0; i < width; i++ {
			if len(data) < 2 || len(data) < 2+int(data[0])<<8+int(data[1]) {
				return nil, fmt.Errorf("%s is cut", path)
			}
			length := int(data[0])<<8 + int(data[1])
			entries = append(entries, data[2:2+length])
			data = data[2+length:]
		}
		if len(data) != 0 {
			return nil, fmt.Errorf("%s is too long", path)
		}
	}
	return entries, nil
}

func step(size, most int64) int64 {
	if size <= most {
		return 1
	}
	return (size + most - 1) / most
}

func verify(dir, vkeyFile string) error {
	tree, origin, err := openCheckpoint(dir, vkeyFile)
	if err != nil {
		return err
	}
	entries, err := readEntries(dir, tree.N)
	if err != nil {
		return err
	}
	if tree.N == 0 {
		if tree.Hash != sha256.Sum256(nil) {
			return fmt.Errorf("the root of an empty log is wrong")
		}
		fmt.Printf("%s: empty\n", origin)
		return nil
	}
	reader := tlog.TileHashReader(tree, folder{dir})
	// Every leaf hash of the tiles is that of its entry; the reader has checked the tiles.
	for i, entry := range entries {
		got, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(i))})
		if err != nil {
			return err
		}
		if got[0] != tlog.RecordHash(entry) {
			return fmt.Errorf("entry %d is not the one in the tile", i)
		}
	}
	records, trees := 0, 0
	for i := int64(0); i < tree.N; i += step(tree.N, 2000) {
		proof, err := tlog.ProveRecord(tree.N, i, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, i, tlog.RecordHash(entries[i])); err != nil {
			return fmt.Errorf("entry %d: %v", i, err)
		}
		records++
	}
	for m := int64(1); m <= tree.N; m += step(tree.N, 200) {
		old, err := tlog.TreeHash(m, reader)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveTree(tree.N, m, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, m, old); err != nil {
			return fmt.Errorf("size %d: %v", m, err)
		}
		trees++
	}
	fmt.Printf("%s: %d entries, %d inclusion proofs, %d consistency proofs hold\n", origin, tree.N, records, trees)
	return nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: verifylog DIR VKEYFILE")
		os.Exit(2)
	}
	if err := verify(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "verifylog:", err)
		os.Exit(1)
	}
}
