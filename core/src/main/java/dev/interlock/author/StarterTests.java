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
            guarded(guarded, work);
        }
        released("a loop of writes runs dry", Impact.WRITE, StarterPolicy.WRITES, "refuse", "budget `writes`");
        released("many deletions wait longer", Impact.DESTROY, StarterPolicy.DELETIONS, "hold", "budget `deletions`");
        if (starter.canShow(catalogs, Impact.DESTROY)) {
            test(
                    "a destroyed resource stays read-only",
                    before(starter.example(catalogs, Impact.DESTROY), Impact.DESTROY, "example", 1),
                    Impact.WRITE,
                    work,
                    "refuse",
                    "    because: is read-only until a person lifts that\n");
        }
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

    private void guarded(String guarded, String work) {
        test("reading needs no lease that names " + guarded, Impact.READ, work + ", " + guarded, "permit", "");
        String unnamed = "    because: does not name `" + guarded + "`\n";
        test("writing in " + guarded + " is outside the task", Impact.WRITE, guarded, "refuse", unnamed);
        test(
                "a resource shared with " + guarded + " is outside the task",
                Impact.DESTROY,
                work + ", " + guarded,
                "refuse",
                unnamed);
        signed("a lease for " + guarded + " may write there", Impact.WRITE, guarded, "permit", "");
        signed(
                "destruction in " + guarded + " waits even for such a lease",
                Impact.DESTROY,
                guarded,
                "hold",
                "    confirm: 1 of owners\n");
    }

    private void signed(String name, Impact impact, String environment, String expect, String more) {
        test(
                name,
                "      lease: {environments: [" + environment + "], impacts: [" + impact.word() + "]}\n",
                impact,
                environment,
                expect,
                more);
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

    /**
     * Adds a test, unless no agent could make such a call: nobody writes through a registry of packages. Secrets are
     * the exception, because an operation that gives any has other impacts as well.
     */
    private void test(String name, String before, Impact impact, String environments, String expect, String more) {
        if (impact != Impact.CREDENTIAL && !starter.canShow(catalogs, impact)) {
            return;
        }
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
