package dev.interlock.backup;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.interlock.action.Durations;
import dev.interlock.action.Resource;
import dev.interlock.backup.exec.ToolListing;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.run.UserProgram;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.config.Config;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.linux.TrustedFiles;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The file {@code backups.yaml}, beside {@code gateway.yaml}: how to reach the sources, and where the backups lie. It
 * is root's, and a file of its own because the gateway never reads it. The facts that decisions rest on are sealed,
 * such as which resource a plan saves and what its target shares a failure domain with.
 *
 * @param key the key that encrypts backups
 * @param attestKey the OpenSSH private key that signs restore attestations
 * @param scratch the directory of scratch servers; the user who runs them must be able to enter it
 * @param user the user who runs them, if root starts them
 * @param plans the plans by name
 * @param checklists the manual steps of a recovery, by plan
 * @param listings the listings of backups that other tools made
 * @param unattested the reason why notes of restore tests need no signature, although there is a public half
 */
public record BackupConfig(
        Path key,
        Optional<Path> attestKey,
        Path scratch,
        Optional<Integer> user,
        Map<String, BackupPlanConfig> plans,
        Map<String, Checklist> checklists,
        List<ToolListing> listings,
        Optional<String> unattested) {

    /**
     * The manual steps of a recovery, which no program of ours can know.
     *
     * @param before the steps before the data is restored
     * @param after the steps after it was restored
     */
    public record Checklist(List<String> before, List<String> after) {

        private static final Checklist NONE = new Checklist(List.of(), List.of());

        public Checklist {
            before = List.copyOf(before);
            after = List.copyOf(after);
        }
    }

    /** Returns whether it names a program of people's own, which runs with all permissions of its user. */
    public boolean runsPrograms() {
        return !listings.isEmpty()
                || plans.values().stream()
                        .anyMatch(plan -> plan.source() instanceof BackupSource.Exec
                                || plan.target() instanceof BackupTarget.Exec);
    }

    private static final String FILE = "backups.yaml";
    private static final String MOUNTED_AT = "`mounted-at` is only for a `directory`";
    private static final String USUAL_EVERY = "24h";
    private static final Path USUAL_SCRATCH = Path.of("/var/tmp/interlock-scratch");

    /** The contents of {@code backups.yaml} as written. */
    private record WrittenConfig(
            @JsonProperty(required = true) Path key,
            Optional<Path> attestKey,
            Optional<Path> scratch,
            Optional<Integer> user,
            @JsonProperty(required = true) Map<String, WrittenPlan> plans,
            Optional<Map<String, WrittenListing>> listings) {}

    private record WrittenListing(
            @JsonProperty(required = true) String of,
            @JsonProperty(required = true) List<String> program,
            Optional<String> format,
            Optional<Map<String, String>> environment) {}

    /** One plan as written. */
    private record WrittenPlan(
            @JsonProperty(required = true) String of,
            @JsonProperty(required = true) WrittenSource source,
            @JsonProperty(required = true) WrittenTarget target,
            Optional<String> format,
            Optional<Integer> jobs,
            Optional<String> every,
            Optional<RetentionCounts> keep,
            Optional<Recovery> recovery) {}

    private record Recovery(Optional<List<String>> before, Optional<List<String>> after) {}

    private record WrittenSource(
            Optional<Postgres> postgres,
            Optional<Path> sqlite,
            Optional<Path> directory,
            Optional<Path> mountedAt,
            Optional<Exec> exec) {}

    private record Exec(
            @JsonProperty(required = true) List<String> take,
            @JsonProperty(required = true) List<String> verify,
            Optional<List<String>> recover,
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

    private record WrittenTarget(
            Optional<Path> directory, Optional<Path> mountedAt, Optional<S3> s3, Optional<Program> exec) {}

    private record Program(
            @JsonProperty(required = true) List<String> program, Optional<Map<String, String>> environment) {}

    private record S3(
            @JsonProperty(required = true) URI endpoint,
            @JsonProperty(required = true) String region,
            @JsonProperty(required = true) String bucket,
            Optional<String> prefix,
            Optional<Boolean> pathStyle,
            @JsonProperty(required = true) Path credentialsFile,
            Optional<Lock> lock,
            Optional<Boolean> elsewhere) {}

    private record Lock(
            @JsonProperty(required = true) String mode,
            @JsonProperty(required = true) int days) {}

    private record RetentionCounts(
            @JsonProperty(required = true) int daily, int weekly) {}

    /**
     * Reads the file beside {@code gatewayYaml}; relative paths in it are relative to its directory.
     *
     * @throws NoSuchFileException if there is none
     * @throws IllegalArgumentException if any part of it is invalid, or if somebody else than root and this process's
     *     user could have written it; the message names the line
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

    private static BackupConfig of(WrittenConfig written, Path directory) throws IOException {
        Map<String, BackupPlanConfig> plans = new TreeMap<>();
        Optional<Path> attestKey = written.attestKey().map(path -> at(directory, path));
        AttestationKey half = attestKey.isEmpty() ? AttestationKey.NONE : half(attestKey.get());
        written.plans()
                .forEach((name, plan) -> plans.put(
                        name, plan(name, plan, directory, databases(written, plan.of(), directory), half.key())));
        return new BackupConfig(
                at(directory, written.key()),
                attestKey,
                at(directory, written.scratch().orElse(USUAL_SCRATCH)),
                written.user(),
                plans,
                checklists(written),
                listings(written),
                half.unusable());
    }

    /**
     * Returns the databases that plans of {@code of} save. Destroying that resource requires a backup of these alone.
     */
    private static List<BackupSource.Database> databases(WrittenConfig written, String of, Path directory) {
        return written.plans().values().stream()
                .filter(plan -> plan.of().equals(of))
                .flatMap(plan -> plan.source().postgres().stream())
                .map(postgres -> database(postgres, directory))
                .toList();
    }

    /** The public half of the attestation key, or the reason why it cannot be used. */
    private record AttestationKey(Optional<SshPublicKey> key, Optional<String> unusable) {

        static final AttestationKey NONE = new AttestationKey(Optional.empty(), Optional.empty());
    }

    /**
     * Reads the public half that {@code ssh-keygen} writes beside the private one; an agent has only that. An unusable
     * half counts as none: a person who needs a backup needs no signature.
     */
    private static AttestationKey half(Path attestKey) throws IOException {
        String name = attestKey.toString();
        boolean isHalf = name.endsWith(".pub");
        Path file = Path.of(isHalf ? name : name + ".pub");
        try {
            TrustedFiles.require(file, isHalf ? Set.of() : owner(attestKey));
            return new AttestationKey(
                    Optional.of(SshPublicKey.parse(Files.readString(file).strip())), Optional.empty());
        } catch (NoSuchFileException e) {
            return AttestationKey.NONE;
        } catch (IOException e) {
            return unusable(file, "cannot be read");
        } catch (MalformedException e) {
            return unusable(file, "is not a usable public key: " + e.getMessage());
        }
    }

    private static AttestationKey unusable(Path file, String why) {
        return new AttestationKey(
                Optional.empty(), Optional.of("`" + file + "` " + why + "; so attestations with any signature count"));
    }

    /** Returns the owner of the private key, who can sign in any case and is therefore trusted. */
    private static Set<Integer> owner(Path key) throws IOException {
        try {
            return Set.of((Integer) Files.getAttribute(key, "unix:uid"));
        } catch (NoSuchFileException e) {
            return Set.of();
        }
    }

    private static List<ToolListing> listings(WrittenConfig written) {
        return new TreeMap<>(written.listings().orElse(Map.of()))
                .entrySet().stream()
                        .map(one -> new ToolListing(
                                one.getKey(),
                                Resource.parse(one.getValue().of()),
                                ToolListing.Format.of(one.getValue().format().orElse(ToolListing.Format.LINES.word())),
                                new UserProgram(
                                        one.getValue().program(),
                                        one.getValue().environment().orElse(Map.of()))))
                        .toList();
    }

    private static Map<String, Checklist> checklists(WrittenConfig written) {
        Map<String, Checklist> checklists = new TreeMap<>();
        written.plans()
                .forEach((name, plan) -> plan.recovery()
                        .ifPresent(recovery -> checklists.put(
                                name,
                                new Checklist(
                                        recovery.before().orElse(List.of()),
                                        recovery.after().orElse(List.of())))));
        return checklists;
    }

    private static BackupPlanConfig plan(
            String name,
            WrittenPlan plan,
            Path directory,
            List<BackupSource.Database> databases,
            Optional<SshPublicKey> attester) {
        return new BackupPlanConfig(
                name,
                Resource.parse(plan.of()),
                source(plan, directory, databases),
                target(plan.target(), directory),
                duration(plan.every().orElse(USUAL_EVERY)),
                plan.keep()
                        .map(keep -> new Retention(keep.daily(), keep.weekly()))
                        .orElse(Retention.USUAL),
                attester);
    }

    /** @param databases all databases that plans of the same resource save */
    private static BackupSource source(WrittenPlan plan, Path directory, List<BackupSource.Database> databases) {
        WrittenSource source = plan.source();
        long named = Stream.of(source.postgres(), source.sqlite(), source.directory(), source.exec())
                .filter(Optional::isPresent)
                .count();
        if (named != 1) {
            throw new IllegalArgumentException(
                    "a `source` must be one of `postgres`, " + "`sqlite`, `directory` and `exec`");
        }
        if (source.mountedAt().isPresent() && source.directory().isEmpty()) {
            throw new IllegalArgumentException(MOUNTED_AT);
        }
        if (source.postgres().isPresent()) {
            BackupSource.Database database = database(source.postgres().get(), directory);
            return new BackupSource.Postgres(
                    database,
                    DumpFormat.of(plan.format().orElse(DumpFormat.CUSTOM.word())),
                    plan.jobs().orElse(1),
                    databases.stream()
                            .filter(database::isBeside)
                            .map(BackupSource.Database::name)
                            .collect(Collectors.toSet()),
                    source.postgres().get().preload().orElse(List.of()));
        }
        if (plan.format().isPresent() || plan.jobs().isPresent()) {
            throw new IllegalArgumentException("`format` and `jobs` are for dumps of `postgres`");
        }
        if (source.exec().isPresent()) {
            Exec exec = source.exec().get();
            return new BackupSource.Exec(
                    exec.take(),
                    exec.verify(),
                    exec.recover().orElse(List.of()),
                    exec.environment().orElse(Map.of()));
        }
        return source.sqlite()
                .<BackupSource>map(path -> new BackupSource.Sqlite(at(directory, path)))
                .orElseGet(() -> new BackupSource.Directory(
                        at(directory, source.directory().orElseThrow()),
                        source.mountedAt().map(path -> at(directory, path))));
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

    private static BackupTarget target(WrittenTarget target, Path directory) {
        long named = Stream.of(target.directory(), target.s3(), target.exec())
                .filter(Optional::isPresent)
                .count();
        if (named != 1) {
            throw new IllegalArgumentException("a `target` must be one of `directory`, `s3` " + "and `exec`");
        }
        if (target.mountedAt().isPresent() && target.directory().isEmpty()) {
            throw new IllegalArgumentException(MOUNTED_AT);
        }
        if (target.exec().isPresent()) {
            return new BackupTarget.Exec(program(target.exec().get()));
        }
        return target.s3()
                .map(s3 -> s3(s3, directory))
                .orElseGet(() -> new BackupTarget.Directory(
                        at(directory, target.directory().orElseThrow()),
                        target.mountedAt().map(path -> at(directory, path))));
    }

    private static UserProgram program(Program exec) {
        return new UserProgram(exec.program(), exec.environment().orElse(Map.of()));
    }

    private static BackupTarget s3(S3 s3, Path directory) {
        return new BackupTarget.S3(
                s3.endpoint(),
                s3.region(),
                s3.bucket(),
                s3.prefix().orElse(""),
                s3.pathStyle().orElse(true),
                at(directory, s3.credentialsFile()),
                s3.lock().map(lock -> new BackupTarget.Lock(BackupTarget.Lock.Mode.of(lock.mode()), lock.days())),
                s3.elsewhere().orElse(false));
    }

    private static Path at(Path directory, Path path) {
        return directory.resolve(path).normalize();
    }

    private static Duration duration(String text) {
        return Durations.read(text)
                .orElseThrow(() -> new IllegalArgumentException(
                        "`every` must be a duration such as `30s`, `10m`, `1h`, `90d`, not `" + text + "`"));
    }

    /** Returns the manual steps of a recovery by {@code plan}. */
    public Checklist checklist(String plan) {
        return checklists.getOrDefault(plan, Checklist.NONE);
    }

    /**
     * Returns the plan {@code name}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public BackupPlanConfig plan(String name) {
        BackupPlanConfig plan = plans.get(name);
        if (plan == null) {
            throw new IllegalArgumentException("there is no plan `" + name + "`; there are " + plans.keySet());
        }
        return plan;
    }
}
