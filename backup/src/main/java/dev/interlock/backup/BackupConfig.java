package dev.interlock.backup;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.interlock.action.Resource;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.tool.BackupTool;
import dev.interlock.backup.tool.ExecTool;
import dev.interlock.backup.tool.ResticTool;
import dev.interlock.config.Config;
import dev.interlock.linux.TrustedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The file {@code backups.yaml}, beside {@code gateway.yaml}: where the protected data is, and which tool has its
 * backups. It is root's, and a file of its own because the gateway never reads it. {@code scratch} is where copies are
 * restored; {@code user} runs scratch servers if root starts them, and must be able to enter it.
 */
public record BackupConfig(Path attestKey, Path scratch, Optional<Integer> user, Map<String, BackupPlanConfig> plans) {

    private static final String FILE = "backups.yaml";
    private static final Path USUAL_SCRATCH = Path.of("/var/tmp/interlock-scratch");

    private record WrittenConfig(
            @JsonProperty(required = true) Path attestKey,
            Optional<Path> scratch,
            Optional<Integer> user,
            @JsonProperty(required = true) Map<String, WrittenPlan> plans) {}

    private record WrittenPlan(
            @JsonProperty(required = true) String of,
            @JsonProperty(required = true) WrittenSource source,
            Optional<Restic> restic,
            Optional<Exec> exec,
            Optional<Recovery> recovery) {}

    private record Recovery(Optional<List<String>> before, Optional<List<String>> after) {}

    private record WrittenSource(Optional<Postgres> postgres, Optional<Path> sqlite, Optional<Path> directory) {}

    private record Restic(
            @JsonProperty(required = true) String repository,
            @JsonProperty(required = true) Path passwordFile,
            Optional<Path> program,
            Optional<Map<String, String>> environment) {}

    private record Exec(
            Optional<List<String>> take,
            @JsonProperty(required = true) List<String> list,
            Optional<String> format,
            @JsonProperty(required = true) List<String> restore,
            Optional<Map<String, String>> environment) {}

    private record Postgres(
            @JsonProperty(required = true) String database,
            Optional<String> host,
            Optional<Integer> port,
            Optional<String> user,
            Optional<Path> passwordFile,
            Optional<Path> pgpass,
            Optional<String> service,
            Optional<Path> serviceFile,
            Optional<Path> programs,
            Optional<List<String>> preload) {}

    /**
     * Reads the file beside {@code gatewayYaml}; relative paths are relative to its directory. Only root and this
     * process's user may have written it. The message of an {@link IllegalArgumentException} names the line.
     */
    public static BackupConfig beside(Path gatewayYaml) throws IOException {
        Path file = gatewayYaml.toAbsolutePath().normalize().resolveSibling(FILE);
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString(), null, "it defines what is backed up, see docs/backups.md");
        }
        TrustedFiles.require(file);
        WrittenConfig written = Config.written(file, WrittenConfig.class);
        try {
            return of(written, file.resolveSibling("."));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("`" + file + "`: " + e.getMessage(), e);
        }
    }

    private static BackupConfig of(WrittenConfig written, Path directory) {
        Map<String, BackupPlanConfig> plans = new TreeMap<>();
        written.plans()
                .forEach((name, plan) -> plans.put(
                        name,
                        new BackupPlanConfig(
                                name,
                                Resource.parse(plan.of()),
                                source(plan.source(), directory),
                                tool(plan, directory),
                                new BackupPlanConfig.Checklist(
                                        plan.recovery()
                                                .flatMap(Recovery::before)
                                                .orElse(List.of()),
                                        plan.recovery().flatMap(Recovery::after).orElse(List.of())))));
        return new BackupConfig(
                at(directory, written.attestKey()),
                at(directory, written.scratch().orElse(USUAL_SCRATCH)),
                written.user(),
                plans);
    }

    private static BackupSource source(WrittenSource source, Path directory) {
        if (Stream.of(source.postgres(), source.sqlite(), source.directory())
                        .filter(Optional::isPresent)
                        .count()
                != 1) {
            throw new IllegalArgumentException("a `source` must be one of `postgres`, `sqlite` and `directory`");
        }
        if (source.postgres().isPresent()) {
            Postgres postgres = source.postgres().get();
            return new BackupSource.Postgres(
                    database(postgres, directory), postgres.preload().orElse(List.of()));
        }
        return source.sqlite()
                .<BackupSource>map(path -> new BackupSource.Sqlite(at(directory, path)))
                .orElseGet(() -> new BackupSource.Directory(
                        at(directory, source.directory().orElseThrow())));
    }

    private static BackupSource.Database database(Postgres from, Path directory) {
        return new BackupSource.Database(
                from.database(),
                from.host(),
                from.port(),
                from.user(),
                from.passwordFile().map(path -> at(directory, path)),
                from.pgpass().map(path -> at(directory, path)),
                from.service(),
                from.serviceFile().map(path -> at(directory, path)),
                from.programs().map(path -> at(directory, path)));
    }

    private static BackupTool tool(WrittenPlan plan, Path directory) {
        if (plan.restic().isPresent() == plan.exec().isPresent()) {
            throw new IllegalArgumentException("a plan must have one of `restic` and `exec`");
        }
        if (plan.exec().isPresent()) {
            Exec exec = plan.exec().get();
            return new ExecTool(
                    exec.take().orElse(List.of()),
                    exec.list(),
                    exec.format().orElse(ExecTool.USUAL_FORMAT),
                    exec.restore(),
                    exec.environment().orElse(Map.of()));
        }
        Restic restic = plan.restic().orElseThrow();
        return ResticTool.of(
                restic.program().orElse(ResticTool.USUAL),
                restic.repository(),
                at(directory, restic.passwordFile()),
                restic.environment().orElse(Map.of()));
    }

    private static Path at(Path directory, Path path) {
        return directory.resolve(path).normalize();
    }

    /** Returns the plan {@code name}, and throws {@link IllegalArgumentException} if there is none. */
    public BackupPlanConfig plan(String name) {
        BackupPlanConfig plan = plans.get(name);
        if (plan == null) {
            throw new IllegalArgumentException("there is no plan `" + name + "`; there are " + plans.keySet());
        }
        return plan;
    }
}
