package dev.interlock.backup;

import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a backup is, written down when it was taken, in the same snapshot.
 *
 * @param plan the plan's name
 * @param id the backup's, unique in the plan
 * @param of what it is a copy of
 * @param takenAt before which nothing that was committed is missing
 * @param origin where it came from, as {@code host:port/database}
 * @param major the server's major version
 * @param encoding the database's
 * @param format how it was dumped
 * @param separation whether it lies apart
 * @param files what lies beside this, by name
 * @param roles who may be named in the dump, and whether they are superusers
 * @param contents what must be there again
 */
record Manifest(
        String plan,
        String id,
        Resource of,
        Instant takenAt,
        String origin,
        int major,
        String encoding,
        Plan.Format format,
        Separation separation,
        Map<String, StoredFile> files,
        Map<String, Boolean> roles,
        Contents contents) {

    private static final String TYPE = "interlock-backup@v2";

    /**
     * A file as it lies there.
     *
     * @param bytes encrypted
     * @param sha256 of those
     * @param plainBytes before encryption
     */
    record StoredFile(long bytes, String sha256, long plainBytes) {}

    Manifest {
        files = new TreeMap<>(files);
        roles = new TreeMap<>(roles);
    }

    /** The file {@code name}. @throws MalformedException if there is none */
    StoredFile file(String name) {
        StoredFile file = files.get(name);
        if (file == null) {
            throw new MalformedException("a manifest knows of no file `" + name + "`");
        }
        return file;
    }

    /** The bytes of all files. */
    long bytes() {
        return files.values().stream().mapToLong(StoredFile::bytes).sum();
    }

    Json.Members json() {
        Map<String, Json> stored = new TreeMap<>();
        files.forEach((name, file) -> stored.put(
                name,
                Json.object()
                        .with("bytes", file.bytes())
                        .with("sha256", file.sha256())
                        .with("plain_bytes", file.plainBytes())));
        Map<String, Json> named = new TreeMap<>();
        roles.forEach((name, isSuper) -> named.put(name, new Json.Flag(isSuper)));
        return Json.object()
                .with("type", TYPE)
                .with("plan", plan)
                .with("backup", id)
                .with("of", of.toString())
                .with("taken_at", takenAt.toString())
                .with("origin", origin)
                .with("major", major)
                .with("encoding", encoding)
                .with("format", format.word())
                .with("separation", separation.word())
                .with("files", new Json.Members(stored))
                .with("roles", new Json.Members(named))
                .with("contents", contents.json());
    }

    /** @throws MalformedException if it is not what {@link #json} writes */
    static Manifest read(byte[] bytes) {
        try {
            Manifest manifest = of(Json.readObject(bytes));
            if (!java.util.Arrays.equals(manifest.json().canonical(), bytes)) {
                throw new MalformedException("a manifest says more than its format");
            }
            return manifest;
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new MalformedException("the manifest is not understood: " + e.getMessage(), e);
        }
    }

    private static Manifest of(Json.Members json) {
        if (!json.text("type").equals(TYPE)) {
            throw new MalformedException("`type` is not `" + TYPE + "`");
        }
        Map<String, StoredFile> files = new TreeMap<>();
        Json.Members stored = json.object("files");
        stored.members().keySet().forEach(name -> {
            Json.Members file = stored.object(name);
            files.put(name, new StoredFile(file.whole("bytes"), file.text("sha256"), file.whole("plain_bytes")));
        });
        Map<String, Boolean> roles = new TreeMap<>();
        Json.Members named = json.object("roles");
        named.members().keySet().forEach(name -> roles.put(name, named.flag(name)));
        return new Manifest(
                json.text("plan"),
                json.text("backup"),
                Resource.parse(json.text("of")),
                Instant.parse(json.text("taken_at")),
                json.text("origin"),
                Math.toIntExact(json.whole("major")),
                json.text("encoding"),
                Plan.Format.of(json.text("format")),
                Separation.of(json.text("separation")),
                files,
                roles,
                Contents.of(json.object("contents")));
    }
}
