/** The newest layout that this program reads and writes (PRAGMA user_version). */
export const schemaVersion = 3

/** Everything here is history and can be lost; Git and the hosts are the truth (DESIGN §1.1). Times are seconds since the epoch. */
const schema = `
CREATE TABLE state (name TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
CREATE TABLE drift (hypervisor TEXT NOT NULL, item TEXT NOT NULL, first_seen REAL NOT NULL, PRIMARY KEY (hypervisor, item)) STRICT;
CREATE TABLE approval (hash TEXT PRIMARY KEY, given_by TEXT NOT NULL, given_at REAL NOT NULL) STRICT;
CREATE TABLE history (id INTEGER PRIMARY KEY, at REAL NOT NULL, sort TEXT NOT NULL, subject TEXT NOT NULL, json TEXT NOT NULL) STRICT;
CREATE INDEX history_by_time ON history (at);
CREATE INDEX history_by_subject ON history (sort, subject, id);
PRAGMA user_version = 1;
`

/** What brings each older layout to the next one, by the version that it brings it to. */
export const upgrades: Readonly<Record<number, string>> = {
  1: schema,
  2: `
CREATE TABLE silence (id TEXT PRIMARY KEY, until REAL NOT NULL, json TEXT NOT NULL) STRICT;
PRAGMA user_version = 2;
`,
  3: `
CREATE TABLE suspension (subject TEXT PRIMARY KEY, until REAL NOT NULL, json TEXT NOT NULL) STRICT;
ALTER TABLE history ADD COLUMN git_commit TEXT NOT NULL DEFAULT '';
CREATE INDEX history_by_commit ON history (git_commit, id) WHERE git_commit <> '';
PRAGMA user_version = 3;
`,
}
