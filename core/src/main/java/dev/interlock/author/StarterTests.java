package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import java.util.List;

/** The scenario tests of a starter policy. */
final class StarterTests {

    private final StarterPolicy starter;
    private final CatalogFacts catalogs;
    private final StringBuilder text = new StringBuilder("""
            # Examples of what policy.cedar should decide: `interlock policy test`.
            tests:
            """);

    StarterTests(StarterPolicy starter, CatalogFacts catalogs) {
        this.starter = starter;
        this.catalogs = catalogs;
    }

    String text() {
        String work = starter.environments().getFirst();
        test("reading is ordinary work", Impact.READ, work, "permit", "");
        test("so is writing", Impact.WRITE, work, "permit", "");
        test("destruction waits for an owner", Impact.DESTROY, work, "hold", "    confirm: 1 of owners\n");
        test("no policy lets agents read secrets", Impact.CREDENTIAL, work, "refuse", "");
        for (String guarded : starter.protectedEnvironments()) {
            test("reading needs no lease that names " + guarded, Impact.READ, work + ", " + guarded, "permit", "");
            test(
                    "a resource shared with " + guarded + " is outside the task",
                    Impact.DESTROY,
                    work + ", " + guarded,
                    "refuse",
                    "    because: does not name `" + guarded + "`\n");
        }
        released("a loop of writes runs dry", Impact.WRITE, StarterPolicy.WRITES, "refuse", "budget `writes`");
        released("many deletions wait longer", Impact.DESTROY, StarterPolicy.DELETIONS, "hold", "budget `deletions`");
        test(
                "a destroyed resource stays read-only",
                before(starter.example(catalogs, Impact.DESTROY), Impact.DESTROY, "example", 1),
                Impact.WRITE,
                work,
                "refuse",
                "    because: is read-only until a person lifts that\n");
        List<String> refusing = starter.refusesDestroyAfterBackupLoss() ? starter.protection(catalogs) : List.of();
        for (String operation : refusing) {
            test(
                    "after " + operation + " its resource is not destroyed",
                    before(operation, Impact.DESTROY, "example", 1),
                    Impact.DESTROY,
                    work,
                    "refuse",
                    "    because: sequence `backups-off-then-destroy`\n");
        }
        return text.toString();
    }

    private void released(String name, Impact impact, int times, String expect, String because) {
        test(
                name,
                before(starter.example(catalogs, impact), impact, "other", times),
                impact,
                starter.environments().getFirst(),
                expect,
                "    because: " + because + "\n");
    }

    private String before(String operation, Impact impact, String thing, int times) {
        return """
                      released:
                        - operation: %s
                          impacts: [%s]
                          resource: %s:thing/%s
                          environments: [%s]
                          times: %d
                """.formatted(
                        operation,
                        impact.word(),
                        starter.catalog(),
                        thing,
                        starter.environments().getFirst(),
                        times);
    }

    private void test(String name, Impact impact, String environments, String expect, String more) {
        test(name, "", impact, environments, expect, more);
    }

    private void test(String name, String before, Impact impact, String environments, String expect, String more) {
        text.append("""
                  - name: %s
                    given:
                      agent: %s
                      task: work
                %s    when:
                      operation: %s
                      impacts: [%s]
                      resource: %s:thing/example
                      environments: [%s]
                    expect: %s
                """.formatted(
                        name,
                        starter.agentId(),
                        before,
                        starter.example(catalogs, impact),
                        impact.word(),
                        starter.catalog(),
                        environments,
                        expect));
        text.append(more);
    }
}
