package dev.interlock.backup.exec;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.interlock.action.Resource;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.UserProgram;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Another tool's list of its own backups. The tool reports that something was stored, but nobody has restored it. So no
 * decision rests on it; the gateway only shows it to people.
 *
 * @param of the saved resource, according to people
 * @param program prints the list
 */
public record ToolListing(String name, Resource of, Format format, UserProgram program) {

    /** Maximum size of the output. Nobody keeps as many backups as would fill it. */
    private static final int MAX_BYTES = 16 << 20;

    /** Maximum time for the program, the same as for a target. The program may read from a dead server. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /** pgBackRest's code for every state that is neither right nor missing, such as an unreadable repository. */
    private static final int PGBACKREST_OTHER = 99;

    private static final ObjectMapper TOOLS = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** The format of the output. */
    public enum Format implements Keyword {
        /** One line per backup in canonical JSON (RFC 8785): {@code {"backup":"…","taken_at":"…"}}. */
        LINES,
        /** The output of {@code pgbackrest info --output=json}. */
        PGBACKREST,
        /** The output of {@code wal-g backup-list --detail --json}. */
        WAL_G;

        /**
         * Returns the format that {@code word} names.
         *
         * @throws IllegalArgumentException if there is none
         */
        public static Format of(String word) {
            return Keyword.find(Format.class, word)
                    .orElseThrow(() -> new IllegalArgumentException(
                            "`format` of a listing must be `lines`, " + "`pgbackrest` or `wal-g`"));
        }
    }

    /**
     * A backup that the tool reports.
     *
     * @param takenAt the time at which it was begun; older data should be in it
     * @param hasErrors whether the tool itself reports a fault
     */
    public record ToolBackup(String backup, Instant takenAt, boolean hasErrors) {}

    /**
     * Returns the backups, oldest first.
     *
     * @throws BackupException if they could not be determined
     */
    public List<ToolBackup> read() throws IOException {
        return read(PATIENCE);
    }

    /** @param patience the maximum time */
    List<ToolBackup> read(Duration patience) throws IOException {
        try (ChildProcesses children = ChildProcesses.within(patience)) {
            return parsed(said(children, patience)).stream()
                    .sorted(Comparator.comparing(ToolBackup::takenAt))
                    .toList();
        } catch (MalformedException | DateTimeException | JsonProcessingException e) {
            throw new BackupException("its output cannot be parsed as `" + format.word() + "`", e);
        }
    }

    private String said(ChildProcesses children, Duration patience) throws IOException {
        try (ChildProcesses.ChildProcess child =
                program.start(children, List.of(), Map.of("INTERLOCK_LISTING", name))) {
            child.process().getOutputStream().close();
            byte[] said = child.process().getInputStream().readNBytes(MAX_BYTES + 1);
            if (said.length > MAX_BYTES) {
                throw new BackupException("its output is too long for a listing");
            }
            child.requireSuccess();
            return new String(said, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw children.isOverdue()
                    ? new BackupException("it did not finish its list within " + patience.toSeconds() + " seconds", e)
                    : e;
        }
    }

    private List<ToolBackup> parsed(String said) throws IOException {
        return switch (format) {
            case LINES -> said.lines().map(ToolListing::line).toList();
            case PGBACKREST -> pgbackrest(TOOLS.readTree(said));
            // Without backups WAL-G writes a message to standard error only.
            case WAL_G -> said.isBlank() ? List.of() : walG(TOOLS.readTree(said));
        };
    }

    private static ToolBackup line(String line) {
        Json.Members said = Json.readObject(line.getBytes(StandardCharsets.UTF_8));
        if (said.members().size() != 2) {
            throw new MalformedException("a line has a `backup` and a `taken_at`");
        }
        return new ToolBackup(said.text("backup"), Instant.parse(said.text("taken_at")), false);
    }

    /** Reads an array of stanzas with their backups. Times are seconds since 1970. */
    private static List<ToolBackup> pgbackrest(JsonNode stanzas) throws BackupException {
        List<ToolBackup> all = new ArrayList<>();
        for (JsonNode stanza : array(stanzas)) {
            requireReadable(stanza);
            for (JsonNode backup : array(stanza.path("backup"))) {
                JsonNode start = backup.path("timestamp").path("start");
                if (!start.isIntegralNumber()) {
                    throw new MalformedException("a backup has a `timestamp` with a `start`");
                }
                all.add(new ToolBackup(
                        text(backup, "label"),
                        Instant.ofEpochSecond(start.longValue()),
                        backup.path("error").asBoolean(false)));
            }
        }
        return all;
    }

    /** Rejects an unreadable repository. For such a repository pgBackRest lists nothing and still succeeds. */
    private static void requireReadable(JsonNode stanza) throws BackupException {
        for (JsonNode repository : stanza.path("repo")) {
            requireReadable(repository.path("status"), " in repository " + repository.path("key"));
        }
        requireReadable(stanza.path("status"), "");
    }

    private static void requireReadable(JsonNode status, String where) throws BackupException {
        if (status.path("code").asInt() == PGBACKREST_OTHER) {
            String why = status.path("message").asText("");
            throw new BackupException("it could not read its backups" + where + ": "
                    + (Json.Text.isScalar(why) && !why.isEmpty() ? why : "it gives no reason"));
        }
    }

    private static List<ToolBackup> walG(JsonNode backups) {
        List<ToolBackup> all = new ArrayList<>();
        for (JsonNode backup : array(backups)) {
            all.add(new ToolBackup(text(backup, "backup_name"), Instant.parse(text(backup, "start_time")), false));
        }
        return all;
    }

    private static JsonNode array(JsonNode node) {
        if (!node.isArray()) {
            throw new MalformedException("there is no list where one is expected");
        }
        return node;
    }

    private static String text(JsonNode node, String name) {
        return Optional.of(node.path(name))
                .filter(JsonNode::isTextual)
                .map(JsonNode::textValue)
                .filter(Json.Text::isScalar)
                .orElseThrow(() -> new MalformedException("a backup has a `" + name + "`"));
    }
}
