package dev.interlock;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds every arrow of ARCHITECTURE.md: who may know whom. */
class ArchitectureTest {

    /** Which rooms each room may see, besides itself, {@code evidence}, the JDK and libraries. */
    static final Map<String, List<String>> ARROWS = new TreeMap<>(Map.ofEntries(
            Map.entry("action", List.of()),
            Map.entry("linux", List.of()),
            Map.entry("log", List.of("action")),
            Map.entry("config", List.of("action", "linux")),
            Map.entry("adminclient", List.of("linux")),
            Map.entry("store", List.of("action")),
            Map.entry("keys", List.of("action", "linux", "log", "vault")),
            Map.entry("credentials", List.of("action", "author", "catalog", "config", "policy", "vault")),
            Map.entry("catalog", List.of("action")),
            Map.entry("inventory", List.of("action")),
            Map.entry("identity", List.of("action", "store")),
            Map.entry("policy", List.of("action", "config", "store")),
            Map.entry("author", List.of("action", "config", "policy")),
            Map.entry("confirm", List.of("action", "store")),
            Map.entry("people", List.of("action", "store")),
            Map.entry("signin", List.of("action")),
            Map.entry("velocity", List.of("action", "store")),
            Map.entry("vault", List.of("action")),
            Map.entry("backup", List.of("action", "config", "linux")),
            Map.entry("recovery", List.of("action", "config", "credentials", "ledger", "policy", "vault")),
            Map.entry("ledger", List.of()),
            Map.entry("watch", List.of("action")),
            Map.entry(
                    "gate",
                    List.of(
                            "action",
                            "catalog",
                            "inventory",
                            "identity",
                            "policy",
                            "velocity",
                            "confirm",
                            "vault",
                            "ledger")),
            Map.entry("front", List.of("action", "gate")),
            Map.entry("telemetry", List.of("action", "gate", "log")),
            Map.entry(
                    "admin",
                    List.of(
                            "action",
                            "adminclient",
                            "identity",
                            "velocity",
                            "confirm",
                            "people",
                            "signin",
                            "policy",
                            "ledger",
                            "gate",
                            "watch")),
            Map.entry("console", List.of("action", "admin", "adminclient")),
            Map.entry(
                    "housekeeping",
                    List.of("action", "catalog", "identity", "policy", "confirm", "ledger", "watch", "front")),
            Map.entry("session", List.of("action")),
            Map.entry("confine", List.of("action", "adminclient", "linux", "session")),
            Map.entry("adopt", List.of("action")),
            Map.entry("connect", List.of("action")),
            // The command line and the drills use the program as its users do.
            Map.entry("cli", List.of("*")),
            Map.entry("drill", List.of("*"))));

    /** Inside of {@code backup}: which of its parts each part may see. The room itself sees all, and none sees it. */
    static final Map<String, List<String>> BACKUP = new TreeMap<>(Map.ofEntries(
            Map.entry("run", List.of()),
            Map.entry("place", List.of("run")),
            Map.entry("kept", List.of("run", "place")),
            Map.entry("source", List.of("run", "kept")),
            Map.entry("postgres", List.of("run", "kept", "source")),
            Map.entry("sqlite", List.of("run", "kept", "source")),
            Map.entry("tree", List.of("run", "kept", "source")),
            Map.entry("exec", List.of("run", "kept", "source"))));

    /** What other rooms need of the parts of {@code backup}; everything else there is public for its parts alone. */
    private static final Set<String> BACKUPS_WORDS = Set.of(
            "exec.ToolListing",
            "kept.Amount",
            "kept.DumpFormat",
            "kept.Encryption",
            "kept.Separation",
            "place.Target",
            "run.Children",
            "run.Progress",
            "run.UserProgram",
            "source.Destination",
            "source.Recovered",
            "source.Source");

    /** Which rooms use each library; {@code root} is the package that wires them. */
    private static final Map<String, Set<String>> LIBRARIES = Map.ofEntries(
            Map.entry("io.netty", Set.of("front", "drill")),
            Map.entry("com.cedarpolicy", Set.of("policy")),
            Map.entry("graphql", Set.of("catalog", "drill")),
            Map.entry("com.google.crypto.tink", Set.of("vault", "backup")),
            Map.entry("software.amazon.awssdk", Set.of("backup")),
            Map.entry("picocli", Set.of("cli")),
            Map.entry("io.prometheus", Set.of("telemetry")),
            Map.entry("com.sun.net.httpserver", Set.of("telemetry")),
            Map.entry("org.eclipse.jetty", Set.of("console")),
            Map.entry("org.yaml.snakeyaml", Set.of("keys")),
            Map.entry("gg.jte", Set.of("console")),
            Map.entry("org.sqlite", Set.of("backup", "store")),
            Map.entry(
                    "java.sql",
                    Set.of(
                            "backup",
                            "store",
                            "ledger",
                            "identity",
                            "confirm",
                            "people",
                            "policy",
                            "velocity",
                            "drill")),
            Map.entry("org.bouncycastle", Set.of("front", "ledger", "drill")),
            Map.entry("com.google.common", Set.of("policy")),
            Map.entry("com.yubico", Set.of("people")),
            Map.entry("com.nimbusds", Set.of("signin")),
            Map.entry("com.github.f4b6a3.ulid", Set.of("gate", "identity", "velocity", "confirm", "watch")),
            Map.entry(
                    "com.fasterxml.jackson",
                    Set.of(
                            "adopt",
                            "author",
                            "backup",
                            "catalog",
                            "connect",
                            "inventory",
                            "policy",
                            "session",
                            "config",
                            "drill")));

    /** What anybody may use besides. */
    private static final Set<String> KNOWN = Stream.concat(
                    LIBRARIES.keySet().stream(),
                    Stream.of(
                            "",
                            "java",
                            "javax.net",
                            "javax.crypto",
                            "javax.security",
                            "jdk.net",
                            "org.jspecify",
                            "dev.interlock"))
            .collect(Collectors.toSet());

    private static final Path CHECKOUT = Path.of("..");

    private static final JavaClasses PROGRAM = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.interlock")
            .that(DescribedPredicate.not(JavaClass.Predicates.resideInAPackage("dev.interlock.testing")));

    /** Inside of `front` too: who writes another one finds a package to begin beside, and not inside of. */
    @Test
    void protocolsDoNotKnowEachOther() {
        slices().matching("dev.interlock.front.(*)..").should().beFreeOfCycles().check(PROGRAM);
        noClasses()
                .that()
                .resideInAPackage("dev.interlock.front.tls..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.interlock.front.http..")
                .check(PROGRAM);
    }

    @Test
    void everyRoomHasItsArrows() throws IOException {
        Set<String> packages = new TreeSet<>();
        try (Stream<Path> modules = Files.list(CHECKOUT)) {
            for (Path module : modules.filter(
                            directory -> !directory.endsWith("evidence") && !directory.endsWith("testkit"))
                    .map(directory -> directory.resolve("src/main/java/dev/interlock"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> children = Files.list(module)) {
                    children.filter(Files::isDirectory)
                            .forEach(child -> packages.add(child.getFileName().toString()));
                }
            }
        }
        assertThat(packages).isEqualTo(ARROWS.keySet());
    }

    @Test
    void roomsSeeOnlyWhatTheirArrowsAllow() {
        ARROWS.forEach((room, seen) -> {
            if (!seen.contains("*")) {
                String[] forbidden = ARROWS.keySet().stream()
                        .filter(other -> !other.equals(room) && !seen.contains(other))
                        .map(other -> "dev.interlock." + other + "..")
                        .toArray(String[]::new);
                noClasses()
                        .that()
                        .resideInAPackage("dev.interlock." + room + "..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(forbidden)
                        .check(PROGRAM);
            }
        });
    }

    @Test
    void partsOfBackupSeeOnlyWhatTheirArrowsAllow() throws IOException {
        try (Stream<Path> parts = Files.list(CHECKOUT.resolve("backup/src/main/java/dev/interlock/backup"))) {
            assertThat(parts.filter(Files::isDirectory)
                            .map(part -> part.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(BACKUP.keySet());
        }
        BACKUP.forEach((part, seen) -> noClasses()
                .that()
                .resideInAPackage("dev.interlock.backup." + part)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(Stream.concat(
                                Stream.of("dev.interlock.backup"),
                                BACKUP.keySet().stream()
                                        .filter(other -> !other.equals(part) && !seen.contains(other))
                                        .map(other -> "dev.interlock.backup." + other))
                        .toArray(String[]::new))
                .check(PROGRAM));
    }

    @Test
    void ofThePartsOfBackupOthersKnowItsWordsAlone() {
        assertThat(PROGRAM.stream()
                        .filter(c -> !isIn("dev.interlock.backup", c.getPackageName()))
                        .flatMap(c -> c.getDirectDependenciesFromSelf().stream())
                        .map(d -> d.getTargetClass().getBaseComponentType())
                        .filter(target -> target.getPackageName().startsWith("dev.interlock.backup."))
                        .map(target -> target.getName()
                                .substring("dev.interlock.backup.".length())
                                .replaceFirst("[$].*", ""))
                        .collect(Collectors.toSet()))
                .isEqualTo(BACKUPS_WORDS);
    }

    @Test
    void onlyPeoplesRoomsSeeTheCompositionRoot() {
        noClasses()
                .that(resideInAnyPackage(ARROWS.keySet().stream()
                        .filter(room -> !room.equals("cli") && !room.equals("drill"))
                        .map(room -> "dev.interlock." + room + "..")
                        .toArray(String[]::new)))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.interlock")
                .check(PROGRAM);
    }

    @Test
    void roomsFormNoCircle() {
        slices().matching("dev.interlock.(*)..").should().beFreeOfCycles().check(PROGRAM);
    }

    @Test
    void evidenceNeedsTheJdkAlone() {
        classes()
                .that()
                .resideInAPackage("dev.interlock.evidence..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage("dev.interlock.evidence..", "java..", "org.jspecify.."))
                .check(PROGRAM);
    }

    /** Exactly: a library that is used nowhere any more, or a home that was renamed, is found as well. */
    @Test
    void librariesStayInTheirRooms() {
        LIBRARIES.forEach(
                (library, homes) -> assertThat(users(library)).as(library).containsExactlyInAnyOrderElementsOf(homes));
    }

    /** Nothing else comes in unseen. */
    @Test
    void everyLibraryHasAHome() {
        assertThat(PROGRAM.stream()
                        .flatMap(c -> c.getDirectDependenciesFromSelf().stream())
                        .map(d -> d.getTargetClass().getBaseComponentType().getPackageName())
                        .filter(name -> KNOWN.stream().noneMatch(known -> isIn(known, name)))
                        .distinct())
                .isEmpty();
    }

    private static Set<String> users(String library) {
        return PROGRAM.stream()
                .filter(c -> c.getDirectDependenciesFromSelf().stream()
                        .anyMatch(d -> isIn(
                                library,
                                d.getTargetClass().getBaseComponentType().getPackageName())))
                .map(c -> room(c.getPackageName()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isIn(String parent, String name) {
        return name.equals(parent) || name.startsWith(parent + ".");
    }

    private static String room(String name) {
        return name.equals("dev.interlock") ? "root" : name.split("\\.", -1)[2];
    }
}
