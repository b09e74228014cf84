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
import dev.interlock.action.LoopThreads;
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

/** Enforces the dependencies between packages, and the libraries that each package uses. */
class ArchitectureTest {

    /** The packages that each package may use, besides itself, {@code evidence}, the JDK and libraries. */
    static final Map<String, List<String>> ARROWS = new TreeMap<>(Map.ofEntries(
            Map.entry("action", List.of()),
            Map.entry("linux", List.of()),
            Map.entry("shapes", List.of()),
            Map.entry("log", List.of("action")),
            Map.entry("config", List.of("action", "linux")),
            Map.entry("program", List.of("action", "store")),
            Map.entry("adminapi", List.of("action")),
            Map.entry("adminclient", List.of("adminapi", "linux")),
            Map.entry("store", List.of("action", "linux")),
            Map.entry("keys", List.of("action", "linux", "log", "program", "vault")),
            Map.entry(
                    "credentials",
                    List.of("action", "author", "catalog", "config", "identity", "oauth", "policy", "store", "vault")),
            Map.entry("catalog", List.of("action", "config", "shapes")),
            Map.entry("inventory", List.of("action", "shapes")),
            Map.entry("identity", List.of("action", "config", "linux", "store")),
            Map.entry("policy", List.of("action", "config", "linux", "store")),
            Map.entry("author", List.of("action", "config", "policy")),
            Map.entry("confirm", List.of("action", "store")),
            Map.entry("people", List.of("action", "config", "store")),
            Map.entry("oauth", List.of("action")),
            Map.entry("push", List.of("action", "config", "linux")),
            Map.entry("signin", List.of("action", "oauth")),
            Map.entry("limits", List.of("action", "identity", "store")),
            Map.entry("undo", List.of("action", "store")),
            Map.entry("vault", List.of("action", "linux", "oauth")),
            Map.entry("backup", List.of("action", "config", "linux")),
            Map.entry("recovery", List.of("action", "config", "credentials", "ledger", "linux", "policy", "vault")),
            Map.entry("ledger", List.of("action", "linux", "oauth")),
            Map.entry("watch", List.of("action", "linux")),
            Map.entry(
                    "gate",
                    List.of(
                            "action",
                            "catalog",
                            "inventory",
                            "identity",
                            "policy",
                            "limits",
                            "confirm",
                            "shapes",
                            "undo",
                            "vault",
                            "ledger")),
            Map.entry("front", List.of("action", "gate", "linux", "shapes")),
            Map.entry("telemetry", List.of("action", "gate", "log")),
            Map.entry(
                    "admin",
                    List.of(
                            "action",
                            "adminapi",
                            "adminclient",
                            "backup",
                            "config",
                            "identity",
                            "limits",
                            "confirm",
                            "people",
                            "push",
                            "signin",
                            "policy",
                            "ledger",
                            "gate",
                            "store",
                            "undo",
                            "watch")),
            Map.entry(
                    "console",
                    List.of(
                            "action",
                            "admin",
                            "adminapi",
                            "adminclient",
                            "config",
                            "front",
                            "housekeeping",
                            "listeners",
                            "shapes")),
            Map.entry(
                    "housekeeping",
                    List.of("action", "catalog", "identity", "policy", "confirm", "ledger", "store", "watch", "front")),
            Map.entry(
                    "listeners",
                    List.of(
                            "action",
                            "admin",
                            "adminapi",
                            "adminclient",
                            "catalog",
                            "config",
                            "front",
                            "gate",
                            "identity",
                            "inventory",
                            "linux",
                            "policy",
                            "store",
                            "vault")),
            Map.entry(
                    "readiness",
                    List.of(
                            "action",
                            "admin",
                            "adminapi",
                            "adminclient",
                            "author",
                            "backup",
                            "config",
                            "confirm",
                            "front",
                            "housekeeping",
                            "identity",
                            "inventory",
                            "ledger",
                            "limits",
                            "linux",
                            "store",
                            "vault",
                            "watch")),
            Map.entry(
                    "replay",
                    List.of(
                            "action",
                            "admin",
                            "adminapi",
                            "adminclient",
                            "confirm",
                            "gate",
                            "identity",
                            "ledger",
                            "limits",
                            "people",
                            "store")),
            Map.entry(
                    "seals",
                    List.of(
                            "action",
                            "admin",
                            "adminapi",
                            "adminclient",
                            "config",
                            "gate",
                            "ledger",
                            "policy",
                            "store")),
            // The composition root wires them all.
            Map.entry("daemon", List.of("*")),
            Map.entry("session", List.of("action", "linux")),
            Map.entry("snapshot", List.of("action", "linux")),
            Map.entry("confine", List.of("action", "adminapi", "adminclient", "linux", "session", "snapshot")),
            Map.entry("adopt", List.of("action", "linux", "shapes")),
            Map.entry("servers", List.of()),
            Map.entry("agents", List.of("servers", "shapes")),
            Map.entry("connect", List.of("action", "agents", "linux", "servers")),
            Map.entry("home", List.of("agents", "linux")),
            Map.entry("stdio", List.of("action")),
            Map.entry(
                    "incidents",
                    List.of("action", "author", "catalog", "config", "front", "inventory", "limits", "policy")),
            Map.entry("setup", List.of("action", "catalog", "linux", "oauth", "signin")),
            // The command line and the drills use the program like its users do.
            Map.entry("cli", List.of("*")),
            Map.entry("drill", List.of("*"))));

    /** The parts of {@code backup}, and the parts that each may use. The package itself uses all, and none uses it. */
    static final Map<String, List<String>> BACKUP = new TreeMap<>(Map.ofEntries(
            Map.entry("run", List.of()),
            Map.entry("content", List.of("run")),
            Map.entry("source", List.of("run", "content")),
            Map.entry("tool", List.of("run", "content", "source")),
            Map.entry("postgres", List.of("run", "content", "source")),
            Map.entry("sqlite", List.of("run", "content", "source"))));

    /** The types of {@code backup}'s parts that other packages need; all other types are public for its parts alone. */
    private static final Set<String> BACKUP_TYPES = Set.of(
            "content.Amount",
            "run.ChildProcesses",
            "run.Progress",
            "source.BackupSource",
            "tool.BackupTool",
            "tool.ResticTool");

    /** The packages that use each library. The package {@code daemon}, which wires the others, uses none. */
    private static final Map<String, Set<String>> LIBRARIES = Map.ofEntries(
            Map.entry("io.netty", Set.of("front", "drill")),
            Map.entry("com.cedarpolicy", Set.of("policy")),
            Map.entry("graphql", Set.of("catalog", "drill")),
            Map.entry("com.google.crypto.tink", Set.of("vault")),
            Map.entry("picocli", Set.of("cli")),
            Map.entry("io.prometheus", Set.of("telemetry")),
            Map.entry("com.sun.net.httpserver", Set.of("drill", "evidence", "setup", "stdio", "telemetry")),
            Map.entry("org.eclipse.jetty", Set.of("console")),
            Map.entry("org.yaml.snakeyaml", Set.of("config", "keys")),
            Map.entry("gg.jte", Set.of("console")),
            Map.entry("org.sqlite", Set.of("backup", "store")),
            Map.entry("org.postgresql", Set.of("store")),
            Map.entry("org.eclipse.jgit", Set.of("front", "setup")),
            Map.entry("com.dylibso.chicory", Set.of("front")),
            Map.entry(
                    "java.sql",
                    Set.of(
                            "backup",
                            "credentials",
                            "store",
                            "ledger",
                            "identity",
                            "confirm",
                            "people",
                            "policy",
                            "limits",
                            "undo",
                            "drill")),
            Map.entry("org.bouncycastle", Set.of("front", "drill")),
            Map.entry("com.google.common", Set.of("policy")),
            Map.entry("com.yubico", Set.of("people")),
            Map.entry("com.nimbusds", Set.of("signin")),
            Map.entry("com.github.f4b6a3.ulid", Set.of("gate", "identity", "ledger", "limits", "confirm", "watch")),
            Map.entry(
                    "com.fasterxml.jackson",
                    Set.of(
                            "shapes",
                            "agents",
                            "author",
                            "backup",
                            "catalog",
                            "connect",
                            "front", // its trees of SQL
                            "home",
                            "inventory",
                            "policy",
                            "servers",
                            "stdio",
                            "config",
                            "setup",
                            "drill")));

    /** The packages that any code may use besides. */
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
            // Tests lie in directories, and those of other modules in jars.
            .withImportOption(location -> !location.contains("/test-classes/") && !location.contains("-tests.jar"))
            .importPackages("dev.interlock")
            .that(DescribedPredicate.not(JavaClass.Predicates.resideInAPackage("dev.interlock.testing")));

    /** This also holds inside of `front`: a new protocol gets a package beside the others, and not inside of one. */
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

    /** What decides about calls knows no protocol. In the inventory, those that ask a provider speak its protocol. */
    @Test
    void whatDecidesAboutCallsKnowsNoHttp() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        Stream.of("gate", "policy", "confirm", "inventory", "identity", "ledger", "limits", "undo")
                                .map(name -> "dev.interlock." + name + "..")
                                .toArray(String[]::new))
                .and()
                .haveNameNotMatching("dev\\.interlock\\.inventory\\.((Github|Railway).*|SurveyQueries)")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("dev.interlock.action.HttpCall")
                .check(PROGRAM);
    }

    @Test
    void onlyTheReadersOfRepositoriesKnowJgit() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.interlock.front.git..", "dev.interlock.setup..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.eclipse.jgit..")
                .check(PROGRAM);
        noClasses()
                .that()
                .resideInAPackage("dev.interlock.front.git..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.interlock.front.http..")
                .check(PROGRAM);
    }

    @Test
    void everyPackageHasItsArrows() throws IOException {
        Set<String> packages = new TreeSet<>();
        try (Stream<Path> modules = Files.list(CHECKOUT)) {
            for (Path module : modules.filter(directory -> !directory.endsWith("evidence"))
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
    void packagesSeeOnlyWhatTheirArrowsAllow() {
        ARROWS.forEach((name, seen) -> {
            if (!seen.contains("*")) {
                String[] forbidden = ARROWS.keySet().stream()
                        .filter(other -> !other.equals(name) && !seen.contains(other))
                        .map(other -> "dev.interlock." + other + "..")
                        .toArray(String[]::new);
                noClasses()
                        .that()
                        .resideInAPackage("dev.interlock." + name + "..")
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
    void othersUseOnlyTheNamedTypesOfThePartsOfBackup() {
        assertThat(PROGRAM.stream()
                        .filter(c -> !isIn("dev.interlock.backup", c.getPackageName()))
                        .flatMap(c -> c.getDirectDependenciesFromSelf().stream())
                        .map(d -> d.getTargetClass().getBaseComponentType())
                        .filter(target -> target.getPackageName().startsWith("dev.interlock.backup."))
                        .map(target -> target.getName()
                                .substring("dev.interlock.backup.".length())
                                .replaceFirst("[$].*", ""))
                        .collect(Collectors.toSet()))
                .isEqualTo(BACKUP_TYPES);
    }

    /** The index of the ledger, and files of others, are no store: no second engine will hold them. */
    @Test
    void sqlStandsBehindTheStores() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "dev.interlock.store",
                        "dev.interlock.ledger",
                        "dev.interlock.backup..",
                        "dev.interlock.drill..")
                .and()
                .haveNameNotMatching("dev[.]interlock[.](.*[.]Sqlite.*|daemon[.](TableStores|StoreMove))")
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java[.]sql[.].*|dev[.]interlock[.]store[.](Database|Sql|SqlWork)")
                .check(PROGRAM);
    }

    /**
     * A loop that waits for what its own parked thread holds stands still for ever. These two hold nothing meanwhile.
     */
    @Test
    void onlyWhoHoldsNothingParksOnAnEventLoop() {
        noClasses()
                .that()
                .haveNameNotMatching(".*\\.(AnswerQueue|Committer\\$PendingEntry)")
                .should()
                .callMethod(LoopThreads.class, "park")
                .check(PROGRAM);
    }

    @Test
    void onlyItsCommandSeesTheDemo() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.interlock.drill..")
                .and()
                .doNotHaveFullyQualifiedName("dev.interlock.cli.DemoCommand")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.interlock.drill..")
                .check(PROGRAM);
    }

    @Test
    void onlyTheCommandLineSeesTheCompositionRoot() {
        noClasses()
                .that(resideInAnyPackage(ARROWS.keySet().stream()
                        .filter(name -> !Set.of("cli", "drill", "daemon").contains(name))
                        .map(name -> "dev.interlock." + name + "..")
                        .toArray(String[]::new)))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.interlock.daemon")
                .check(PROGRAM);
    }

    @Test
    void packagesFormNoCircle() {
        slices().matching("dev.interlock.(*)..").should().beFreeOfCycles().check(PROGRAM);
    }

    @Test
    void evidenceNeedsTheJdkAlone() {
        classes()
                .that()
                .resideInAPackage("dev.interlock.evidence..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "dev.interlock.evidence..",
                        "java..",
                        "javax.crypto..",
                        "com.sun.net.httpserver..",
                        "org.jspecify.."))
                .check(PROGRAM);
    }

    /** The list must be exact: an unused library or a renamed package is found as well. */
    @Test
    void librariesStayInTheirPackages() {
        LIBRARIES.forEach(
                (library, homes) -> assertThat(users(library)).as(library).containsExactlyInAnyOrderElementsOf(homes));
    }

    /** Every library is listed. */
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
                .map(c -> topPackage(c.getPackageName()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isIn(String parent, String name) {
        return name.equals(parent) || name.startsWith(parent + ".");
    }

    private static String topPackage(String name) {
        return name.split("\\.", -1)[2];
    }
}
