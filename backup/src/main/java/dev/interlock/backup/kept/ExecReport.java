package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * An operator's program's report of a backup's content ({@code docs/backup-programs.md}): a count and a digest per
 * part.
 *
 * @param parts by name
 */
public record ExecReport(Map<String, ReportPart> parts) {

    /** Maximum size. Anything longer is not a report. */
    public static final int MAX_BYTES = 16 << 20;

    /**
     * One part of the report.
     *
     * @param count the number of items
     * @param digest a digest of them, in any form; a program's digests are only compared with its own
     */
    record ReportPart(long count, String digest) {}

    public ExecReport {
        parts = new TreeMap<>(parts);
        if (parts.isEmpty()) {
            throw new MalformedException("a report names at least one part");
        }
        if (parts.values().stream().anyMatch(part -> part.count() < 0)) {
            throw new MalformedException("the count of a part cannot be negative");
        }
    }

    /**
     * Reads a report from {@code text}, which has one line of canonical JSON (RFC 8785) per part.
     *
     * @throws MalformedException if anything in it is not understood
     */
    public static ExecReport lines(String text) {
        Map<String, ReportPart> parts = new TreeMap<>();
        for (String line : text.lines().toList()) {
            Json.Members part = Json.readObject(line.getBytes(StandardCharsets.UTF_8));
            if (part.members().size() != 3) {
                throw new MalformedException("a part has a `name`, a `count` and a `digest`");
            }
            if (parts.put(part.text("name"), new ReportPart(part.whole("count"), part.text("digest"))) != null) {
                throw new MalformedException("`" + part.text("name") + "` is reported twice");
            }
        }
        return new ExecReport(parts);
    }

    Json.Members json() {
        Map<String, Json> all = new TreeMap<>();
        parts.forEach((name, part) ->
                all.put(name, Json.object().with("count", part.count()).with("digest", part.digest())));
        return new Json.Members(all);
    }

    /** @throws MalformedException if {@link #json} did not write it */
    static ExecReport of(Json.Members json) {
        Map<String, ReportPart> parts = new TreeMap<>();
        json.members().keySet().forEach(name -> {
            Json.Members part = json.object(name);
            parts.put(name, new ReportPart(part.whole("count"), part.text("digest")));
        });
        return new ExecReport(parts);
    }

    /** Describes the differences of {@code that}, which was restored; empty if there are none. */
    public List<String> differences(ExecReport that) {
        List<String> differences = new ArrayList<>();
        parts.forEach((name, part) -> {
            ReportPart restored = that.parts.get(name);
            if (restored == null) {
                differences.add("`" + name + "` is missing, with " + part.count());
            } else if (restored.count() != part.count()) {
                differences.add("`" + name + "` holds " + restored.count() + ", and held " + part.count());
            } else if (!restored.digest().equals(part.digest())) {
                differences.add("the content of `" + name + "` has changed");
            }
        });
        that.parts.keySet().stream()
                .filter(name -> !parts.containsKey(name))
                .forEach(name -> differences.add("there is a `" + name + "` that the original does not have"));
        return differences;
    }

    Amount.Parts amount() {
        return new Amount.Parts(
                parts.size(),
                parts.values().stream().mapToLong(ReportPart::count).sum());
    }

    /** Returns a message if there is no content, because such a backup is worthless. */
    Optional<String> emptiness() {
        return amount().counted() == 0 ? Optional.of("it is empty: nothing in it was counted") : Optional.empty();
    }
}
