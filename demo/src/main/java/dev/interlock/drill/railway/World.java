package dev.interlock.drill.railway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.drill.railway.TokenOwner.ProjectScope;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The state of the simulated provider: the rows of each type of the schema, and the tokens it accepts.
 *
 * <p>Threading: readers and writers of rows must hold {@link #lock}.
 */
final class World {

    private static final String BEARER = "bearer ";

    private static final Map<String, Map<String, Object>> DEFAULTS = Map.of(
            "Project", Map.of("isPublic", false, "prDeploys", false),
            "Environment", Map.of("isEphemeral", false, "canAccess", true, "unmergedChangesCount", 0),
            "VolumeInstance",
                    Map.of(
                            "mountPath",
                            "/data",
                            "sizeMB",
                            5_000,
                            "currentSizeMB",
                            42.5,
                            "state",
                            "READY",
                            "region",
                            "europe-west4",
                            "isPendingDeletion",
                            false),
            "VolumeInstanceBackup", Map.of("usedMB", 12, "referencedMB", 42, "volumeInstanceSizeMB", 5_000),
            "VolumeInstanceBackupSchedule", Map.of("cron", "0 3 * * *", "retentionSeconds", 518_400),
            "Deployment",
                    Map.of("status", "SUCCESS", "canRedeploy", true, "canRollback", false, "deploymentStopped", false),
            "Variable", Map.of("isSealed", false, "references", List.of()));

    final ReentrantLock lock = new ReentrantLock();
    final VolumeDirectories disks;
    private final int mostOnAPage;
    private final Map<String, Map<String, ObjectFields>> rows = new LinkedHashMap<>();
    private final Map<String, TokenOwner> tokens = new ConcurrentHashMap<>();
    private int made;

    World(VolumeDirectories disks, int mostOnAPage) {
        this.disks = disks;
        this.mostOnAPage = mostOnAPage;
    }

    /**
     * Fills the world and the disks as {@code file} describes; {@code pocketos.json} is the example that documents the
     * format. Every volume starts with a copy of {@code database}.
     */
    void layOut(JsonNode file, Path database, ObjectMapper json) {
        for (JsonNode token : file.path("tokens")) {
            ProjectScope scope = new ProjectScope(
                    token.path("project").asText(), token.path("environment").asText());
            Optional<ProjectScope> own =
                    token.path("kind").asText().equals("project") ? Optional.of(scope) : Optional.empty();
            addToken(token.path("secret").asText(), token.path("label").asText(), own);
        }
        file.path("rows").properties().forEach(rowsOfType -> {
            for (JsonNode described : rowsOfType.getValue()) {
                ObjectFields given = ObjectFields.of(json.convertValue(described, Map.class));
                String id = described.path("id").asText(derivedId(described.toString()));
                put(rowsOfType.getKey(), id).with(given);
                if (rowsOfType.getKey().equals("Volume")) {
                    disks.create(id, Optional.of(database));
                } else if (rowsOfType.getKey().equals("VolumeInstanceBackup")) {
                    Duration age = Duration.ofDays(described.path("daysOld").asLong());
                    backUp(id, given.text("volumeInstanceId"))
                            .with("createdAt", Instant.now().minus(age).toString());
                }
            }
        });
    }

    void addToken(String secret, String label, Optional<ProjectScope> scope) {
        tokens.put(secret, new TokenOwner(label, true, scope));
    }

    List<TokenOwner> owners() {
        return tokens.values().stream()
                .sorted(Comparator.comparing(TokenOwner::label))
                .toList();
    }

    TokenOwner owner(@Nullable String authorization, @Nullable String projectToken) {
        String label = authorization == null && projectToken == null ? "none" : "wrong";
        String bearer = authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? authorization.substring(BEARER.length())
                : "";
        String presented = projectToken == null ? bearer : projectToken;
        return tokens.getOrDefault(presented.strip(), new TokenOwner(label, false, Optional.empty()));
    }

    /** Copies the data of the mount's volume to the new or described backup {@code id}, and returns its row. */
    ObjectFields backUp(String id, String mount) {
        ObjectFields backup = rows("VolumeInstanceBackup").containsKey(id)
                ? find("VolumeInstanceBackup", id)
                : put("VolumeInstanceBackup", id);
        disks.backUp(find("VolumeInstance", mount).text("volumeId"), id);
        return backup.with("volumeInstanceId", mount).with("externalId", "snapshot-" + id);
    }

    ObjectFields put(String type, String id) {
        String now = Instant.now().toString();
        ObjectFields row = ObjectFields.of(DEFAULTS.getOrDefault(type, Map.of()))
                .with("id", id)
                .with("createdAt", now)
                .with("updatedAt", now);
        rows(type).put(id, row);
        return row;
    }

    ObjectFields put(String type) {
        return put(type, freshId());
    }

    void remove(String type, ObjectFields row) {
        rows(type).remove(row.id());
    }

    /** @throws ApiException if there is none, with the provider's message */
    ObjectFields find(String type, String id) {
        ObjectFields row = rows(type).get(id);
        if (row == null) {
            throw new ApiException(type + " not found");
        }
        return row;
    }

    List<ObjectFields> all(String type) {
        return List.copyOf(rows(type).values());
    }

    List<ObjectFields> where(String type, Predicate<ObjectFields> condition) {
        return rows(type).values().stream().filter(condition).toList();
    }

    List<ObjectFields> where(String type, String field, @Nullable Object value) {
        return where(type, row -> row.is(field, value));
    }

    /** Returns the rows of {@code service} in {@code environment}; {@code null} for no service. */
    List<ObjectFields> of(String type, @Nullable String service, String environment) {
        return where(type, row -> row.is("serviceId", service) && row.is("environmentId", environment));
    }

    Set<String> environments(String type, String key, String id) {
        return where(type, key, id).stream()
                .map(row -> row.text("environmentId"))
                .collect(Collectors.toSet());
    }

    Map<String, String> variables(String environment, @Nullable String service) {
        Map<String, String> values = new LinkedHashMap<>();
        of("Variable", service, environment).forEach(row -> values.put(row.text("name"), row.text("value")));
        return values;
    }

    /** Returns a Relay connection. A cursor is the index of a row; the list does not change meanwhile. */
    ObjectFields page(List<ObjectFields> all, ObjectFields arguments) {
        int from;
        try {
            String cursor = arguments.optional("after");
            from = cursor == null ? 0 : Math.clamp(Integer.parseInt(cursor), 0, all.size());
        } catch (NumberFormatException e) {
            throw new ApiException("Invalid cursor");
        }
        int most = arguments.value("first") instanceof Integer first ? first : mostOnAPage;
        int to = (int) Math.min(all.size(), (long) from + Math.clamp(most, 0, mostOnAPage));
        List<ObjectFields> edges = IntStream.range(from, to)
                .mapToObj(i ->
                        new ObjectFields().with("cursor", String.valueOf(i + 1)).with("node", all.get(i)))
                .toList();
        ObjectFields position = new ObjectFields()
                .with("hasNextPage", to < all.size())
                .with("hasPreviousPage", from > 0)
                .with("startCursor", String.valueOf(from + 1))
                .with("endCursor", String.valueOf(to));
        return new ObjectFields().with("edges", edges).with("pageInfo", position);
    }

    /** Returns a new id; ids are the same in every run. */
    String freshId() {
        return derivedId("made-" + ++made);
    }

    static String derivedId(String name) {
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
    }

    private Map<String, ObjectFields> rows(String type) {
        return rows.computeIfAbsent(type, _ -> new LinkedHashMap<>());
    }
}
