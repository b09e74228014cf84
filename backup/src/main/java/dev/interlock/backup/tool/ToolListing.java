package dev.interlock.backup.tool;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.UserProgram;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.RestoreAttestation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads a tool's list of its backups. One that is not understood is unknown, not empty. */
final class ToolListing {

    /** Maximum size of the output. Nobody keeps as many backups as would fill it. */
    private static final int MAX_BYTES = 16 << 20;

    /** Maximum time for the program, which may read from a dead server. */
    static final Duration PATIENCE = Duration.ofMinutes(5);

    /** pgBackRest's code for every state that is neither right nor missing, such as an unreadable repository. */
    private static final int PGBACKREST_OTHER = 99;

    private static final ObjectMapper TOOLS = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private ToolListing() {}

    enum Format implements Keyword {
        /** One line per backup: {@code {"backup":"…","taken_at":"…"}}. */
        LINES,
        /** The output of {@code restic snapshots --json}. */
        RESTIC,
        /** The output of {@code pgbackrest info --output=json}. */
        PGBACKREST,
        /** The output of {@code wal-g backup-list --detail --json}. */
        WAL_G;

        /** @throws IllegalArgumentException if {@code word} names none */
        static Format of(String word) {
            return Keyword.find(Format.class, word)
                    .filter(format -> format != RESTIC)
                    .orElseThrow(() -> new IllegalArgumentException(
                            "`format` of a list must be `lines`, `pgbackrest` or `wal-g`"));
        }
    }

    /** Returns the backups that {@code program} prints, oldest first. */
    static List<BackupTool.StoredBackup> read(UserProgram program, Format format, Map<String, String> told)
            throws IOException {
        return read(program, format, told, PATIENCE);
    }

    static List<BackupTool.StoredBackup> read(
            UserProgram program, Format format, Map<String, String> told, Duration patience) throws IOException {
        try (ChildProcesses children = ChildProcesses.within(patience)) {
            return parsed(output(program, children, told, patience), format).stream()
                    .peek(ToolListing::requireName)
                    .sorted(Comparator.comparing(BackupTool.StoredBackup::takenAt))
                    .toList();
        } catch (MalformedException | DateTimeException | JsonProcessingException e) {
            throw new BackupException("its list of backups cannot be read as `" + format.word() + "`", e);
        }
    }

    private static void requireName(BackupTool.StoredBackup backup) {
        if (!RestoreAttestation.isName(backup.id())) {
            throw new MalformedException("`" + backup.id() + "` is not the name of a backup");
        }
    }

    private static String output(
            UserProgram program, ChildProcesses children, Map<String, String> told, Duration patience)
            throws IOException {
        try (ChildProcesses.ChildProcess child = program.start(children, told)) {
            child.process().getOutputStream().close();
            byte[] said = child.process().getInputStream().readNBytes(MAX_BYTES + 1);
            if (said.length > MAX_BYTES) {
                throw new BackupException("its output is too long for a list of backups");
            }
            child.requireSuccess();
            return new String(said, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw children.isOverdue()
                    ? new BackupException("it did not list its backups within " + patience.toSeconds() + " seconds", e)
                    : e;
        }
    }

    private static List<BackupTool.StoredBackup> parsed(String said, Format format) throws IOException {
        return switch (format) {
            case LINES -> said.lines().map(ToolListing::line).toList();
            case RESTIC -> said.strip().equals("null") ? List.of() : flat(said, "id", "time");
            case PGBACKREST -> pgbackrest(TOOLS.readTree(said));
            // Without backups WAL-G writes a message to standard error only.
            case WAL_G -> said.isBlank() ? List.of() : flat(said, "backup_name", "start_time");
        };
    }

    private static BackupTool.StoredBackup line(String line) {
        Json.Members said = Json.readObject(line.getBytes(StandardCharsets.UTF_8));
        if (said.members().size() != 2) {
            throw new MalformedException("a line has a `backup` and a `taken_at`");
        }
        return new BackupTool.StoredBackup(said.text("backup"), Instant.parse(said.text("taken_at")));
    }

    /** Reads an array of stanzas with their backups. Times are seconds since 1970. */
    private static List<BackupTool.StoredBackup> pgbackrest(JsonNode stanzas) throws BackupException {
        List<BackupTool.StoredBackup> all = new ArrayList<>();
        for (JsonNode stanza : array(stanzas)) {
            requireReadable(stanza);
            for (JsonNode backup : array(stanza.path("backup"))) {
                JsonNode start = backup.path("timestamp").path("start");
                if (!start.isIntegralNumber()) {
                    throw new MalformedException("a backup has a `timestamp` with a `start`");
                }
                all.add(new BackupTool.StoredBackup(text(backup, "label"), Instant.ofEpochSecond(start.longValue())));
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

    private static List<BackupTool.StoredBackup> flat(String said, String id, String time) throws IOException {
        List<BackupTool.StoredBackup> all = new ArrayList<>();
        for (JsonNode backup : array(TOOLS.readTree(said))) {
            Instant at = OffsetDateTime.parse(text(backup, time)).toInstant();
            all.add(new BackupTool.StoredBackup(text(backup, id), at));
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
