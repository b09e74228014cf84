package dev.interlock.backup.kept;

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
 * @param origin where it came from, such as {@code host:port/database}
 * @param separation whether it lies apart
 * @param files what lies beside this, by name
 * @param holding what is in those
 */
public record Manifest(
        String plan,
        String id,
        Resource of,
        Instant takenAt,
        String origin,
        Separation separation,
        Map<String, StoredFile> files,
        Holding holding) {

    private static final long BESIDES = 16L << 30;

    /** Deflate makes at most 1,032 bytes of one. */
    private static final int UNPACKED = 1_032;

    private static final int PAGE = 8 << 10;

    /**
     * A file as it lies there.
     *
     * @param bytes encrypted
     * @param sha256 of those
     * @param plainBytes before encryption
     */
    public record StoredFile(long bytes, String sha256, long plainBytes) {}

    public Manifest {
        files = new TreeMap<>(files);
    }

    /**
     * The file {@code name}.
     *
     * @throws MalformedException if there is none
     */
    public StoredFile file(String name) {
        StoredFile file = files.get(name);
        if (file == null) {
            throw new MalformedException("a manifest knows of no file `" + name + "`");
        }
        return file;
    }

    /** The bytes of all files. */
    public long bytes() {
        return files.values().stream().mapToLong(StoredFile::bytes).sum();
    }

    /**
     * How many bytes of a disk restoring it can take, by what it is of alone: all that can be unpacked from so many, a
     * page for each row or file with what indexes keep of it, and what a server writes besides. Too much, rather than
     * too little: nobody's backup is to go untried for being compressed well. Of what another program packed nobody
     * knows.
     */
    public long mostRestored() {
        long stored = files.values().stream().mapToLong(StoredFile::plainBytes).sum();
        long pages = switch (holding.amount()) {
            case Amount.Rows all -> all.rows();
            case Amount.Files all -> all.files();
            case Amount.Parts _ -> Long.MAX_VALUE;
        };
        double all = (double) UNPACKED * (double) stored + (double) PAGE * (double) pages;
        return BESIDES + (long) Math.min(all, Long.MAX_VALUE / 2.0);
    }

    Json.Members json() {
        Map<String, Json> stored = new TreeMap<>();
        files.forEach((name, file) -> stored.put(
                name,
                Json.object()
                        .with("bytes", file.bytes())
                        .with("sha256", file.sha256())
                        .with("plain_bytes", file.plainBytes())));
        return holding.on(Json.object()
                .with("type", holding.type())
                .with("plan", plan)
                .with("backup", id)
                .with("of", of.toString())
                .with("taken_at", takenAt.toString())
                .with("origin", origin)
                .with("separation", separation.word())
                .with("files", new Json.Members(stored)));
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
        Map<String, StoredFile> files = new TreeMap<>();
        Json.Members stored = json.object("files");
        stored.members().keySet().forEach(name -> {
            Json.Members file = stored.object(name);
            files.put(name, new StoredFile(file.whole("bytes"), file.text("sha256"), file.whole("plain_bytes")));
        });
        return new Manifest(
                json.text("plan"),
                json.text("backup"),
                Resource.parse(json.text("of")),
                Instant.parse(json.text("taken_at")),
                json.text("origin"),
                Separation.of(json.text("separation")),
                files,
                Holding.of(json));
    }
}
