package dev.interlock.policy;

import dev.interlock.action.Impact;

/** The scenario tests of a starter policy. */
final class StarterTests {

    private final Starter starter;
    private final CatalogFacts catalogs;
    private final StringBuilder text = new StringBuilder("""
            # What policy.cedar is meant to say, by example: `interlock policy test`.
            tests:
            """);

    StarterTests(Starter starter, CatalogFacts catalogs) {
        this.starter = starter;
        this.catalogs = catalogs;
    }

    String text() {
        String work = starter.environments().getFirst();
        test("reading is ordinary work", Impact.READ, work, "permit", "");
        test("so is writing", Impact.WRITE, work, "permit", "");
        test("destruction waits for an owner", Impact.DESTROY, work, "hold", "    confirm: 1 of owners\n");
        test("nobody permitted agents to meet secrets", Impact.CREDENTIAL, work, "refuse", "");
        for (String guarded : starter.protectedEnvironments()) {
            test(
                    "what is shared with " + guarded + " is outside the task",
                    Impact.DESTROY,
                    work + ", " + guarded,
                    "refuse",
                    "    because: does not name `" + guarded + "`\n");
        }
        return text.toString();
    }

    private void test(String name, Impact impact, String environments, String expect, String more) {
        text.append("""
                  - name: %s
                    given:
                      agent: %s
                      task: work
                    when:
                      operation: %s
                      impacts: [%s]
                      resource: %s:thing/example
                      environments: [%s]
                    expect: %s
                """.formatted(
                        name,
                        starter.agentId(),
                        starter.example(catalogs, impact),
                        impact.word(),
                        starter.catalog(),
                        environments,
                        expect));
        text.append(more);
    }
}
