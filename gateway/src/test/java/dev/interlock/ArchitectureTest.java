package dev.interlock;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds every arrow of ARCHITECTURE.md: who may know whom. */
class ArchitectureTest {

    /** Which rooms each room may see, besides itself, {@code evidence}, the JDK and libraries. */
    private static final Map<String, List<String>> ARROWS = new TreeMap<>(Map.ofEntries(
            Map.entry("action", List.of()),
            Map.entry("store", List.of()),
            Map.entry("catalog", List.of("action")),
            Map.entry("inventory", List.of("action")),
            Map.entry("identity", List.of("action", "store")),
            Map.entry("policy", List.of("action", "store")),
            Map.entry("confirm", List.of("action", "store")),
            Map.entry("vault", List.of("action")),
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
                            "confirm",
                            "vault",
                            "ledger",
                            "watch")),
            Map.entry("front", List.of("action", "gate")),
            Map.entry("admin", List.of("action", "identity", "confirm", "policy", "ledger", "gate", "watch")),
            Map.entry("confine", List.of("action", "admin")),
            // The command line and the drills use the program as its users do.
            Map.entry("cli", List.of("*")),
            Map.entry("drill", List.of("*"))));

    private static final JavaClasses PROGRAM = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.interlock");

    @Test
    void everyRoomHasItsArrows() throws IOException {
        try (Stream<Path> rooms = Files.list(Path.of("src/main/java/dev/interlock"))) {
            assertThat(rooms.filter(Files::isDirectory)
                            .map(room -> room.getFileName().toString()))
                    .isSubsetOf(ARROWS.keySet());
        }
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
                        .allowEmptyShould(true)
                        .check(PROGRAM);
            }
        });
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

    @Test
    void librariesStayInTheirRooms() {
        Map<String, String[]> homes = Map.of(
                "io.netty..", new String[] {"dev.interlock.front..", "dev.interlock.drill.."},
                "com.cedarpolicy..", new String[] {"dev.interlock.policy.."},
                "graphql..", new String[] {"dev.interlock.catalog..", "dev.interlock.drill.."},
                "com.google.crypto.tink..", new String[] {"dev.interlock.vault.."},
                "picocli..", new String[] {"dev.interlock.cli..", "dev.interlock"});
        homes.forEach((library, rooms) -> noClasses()
                .that(resideInAnyPackage("dev.interlock..")
                        .and(resideInAnyPackage(rooms).negate()))
                .should()
                .dependOnClassesThat(resideInAnyPackage(library))
                .allowEmptyShould(true)
                .check(PROGRAM));
    }
}
