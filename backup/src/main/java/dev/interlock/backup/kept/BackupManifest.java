package dev.interlock.backup.kept;

import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * The description of a backup, written in the same snapshot as the backup itself.
 *
 * @param plan the plan's name
 * @param id the backup's identifier, unique in the plan
 * @param of the saved resource
 * @param takenAt the backup contains everything that was committed before this time
 * @param origin the source, such as {@code host:port/database}
 * @param separation its separation from the source
 * @param files its files, by name
 * @param holding the content of the files
 */
public record BackupManifest(
        String plan,
        String id,
        Resource of,
        Instant takenAt,
        String origin,
        Separation separation,
        Map<String, StoredFile> files,
        BackupContent holding) {

    private static final long BESIDES = 16L << 30;

    /** The highest compression ratio of Deflate: one byte may become 1,032 bytes. */
    private static final int UNPACKED = 1_032;

    private static final int PAGE = 8 << 10;

    /**
     * A stored file.
     *
     * @param bytes its encrypted size
     * @param sha256 the digest of the encrypted bytes
     * @param plainBytes its size before encryption
     */
    public record StoredFile(long bytes, String sha256, long plainBytes) {}

    public BackupManifest {
        files = new TreeMap<>(files);
    }

    /**
     * Returns the file {@code name}.
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

    /** Returns the total size of all files. */
    public long bytes() {
        return files.values().stream().mapToLong(StoredFile::bytes).sum();
    }

    /**
     * Returns the maximum disk space that a restore can take, judging by the content alone. It assumes the highest
     * compression ratio, a page per row or file for indexes, and the server's own files. It rather overestimates: a
     * well compressed backup must not go untested. The unpacked size of another program's backup is unknown.
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

    /** @throws MalformedException if {@link #json} did not write it */
    static BackupManifest read(byte[] bytes) {
        try {
            BackupManifest manifest = of(Json.readObject(bytes));
            if (!java.util.Arrays.equals(manifest.json().canonical(), bytes)) {
                throw new MalformedException("a manifest has content beyond its format");
            }
            return manifest;
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new MalformedException("the manifest cannot be parsed: " + e.getMessage(), e);
        }
    }

    private static BackupManifest of(Json.Members json) {
        Map<String, StoredFile> files = new TreeMap<>();
        Json.Members stored = json.object("files");
        stored.members().keySet().forEach(name -> {
            Json.Members file = stored.object(name);
            files.put(name, new StoredFile(file.whole("bytes"), file.text("sha256"), file.whole("plain_bytes")));
        });
        return new BackupManifest(
                json.text("plan"),
                json.text("backup"),
                Resource.parse(json.text("of")),
                Instant.parse(json.text("taken_at")),
                json.text("origin"),
                Separation.of(json.text("separation")),
                files,
                BackupContent.of(json));
    }
}
