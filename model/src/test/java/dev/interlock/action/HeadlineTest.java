package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class HeadlineTest {

    private static final Json.Members NOTHING = Json.object();

    private static Json.Members action(String operation, List<String> impacts, String... resources) {
        return Json.object()
                .with("operation", operation)
                .withTexts("impacts", impacts)
                .withItems("facts", List.<Json>of().stream())
                .withItems(
                        "resources",
                        Arrays.stream(resources).map(id -> Json.object().with("id", id)));
    }

    private static Json.Members destroy(String operation, String... resources) {
        return action(operation, List.of("destroy"), resources);
    }

    private static Json.Members radius(String... lost) {
        return Json.object().withTexts("lost", List.of(lost));
    }

    @Test
    void anEnvironmentIsNamedWithWhatLiesInIt() {
        Json.Members radius = radius(
                        "railway:environment/e",
                        "railway:service-instance/s1",
                        "railway:service-instance/s2",
                        "railway:volume-instance/m",
                        "railway:volume/v")
                .with("names", Json.object().with("railway:environment/e", "staging"))
                .with("also_in", Json.object().withTexts("railway:volume/v", List.of("production")));

        assertThat(Headline.of(List.of(destroy("railway/environmentDelete", "railway:environment/e")), radius))
                .isEqualTo("Delete environment \"staging\" (2 services, 1 volume shared with production)");
    }

    @Test
    void whatIsLostIsNamedBeforeThePlaceWhereItWas() {
        assertThat(Headline.of(
                        List.of(destroy("github/repos/delete-env", "github:environment/a/live", "github:repository/a")),
                        radius("github:environment/a/live")))
                .isEqualTo("Delete environment a/live");
    }

    @Test
    void onlySettingsAreLostIfTheResourceIsNot() {
        assertThat(Headline.of(
                        List.of(destroy("railway/variableUpsert", "railway:service/web", "railway:environment/e")),
                        radius("railway:volume/other")))
                .startsWith("Destroy settings of service web");
    }

    @Test
    void aChangeNamesItsResourceAndNotItsPlace() {
        assertThat(Headline.of(
                        List.of(action(
                                "railway/serviceUpdate",
                                List.of("write"),
                                "railway:environment/e",
                                "railway:service/web")),
                        NOTHING))
                .isEqualTo("Change service web");
    }

    @Test
    void readsAreLeftOutBesideChanges() {
        assertThat(Headline.of(
                        List.of(
                                action("railway/project", List.of("read"), "railway:project/p"),
                                action("railway/run", List.of("execute", "write"), "railway:service/web")),
                        NOTHING))
                .isEqualTo("Run code in service web");
        assertThat(Headline.of(List.of(action("railway/project", List.of("read"), "railway:project/p")), NOTHING))
                .isEqualTo("Read project p");
    }

    @Test
    void manyAreCounted() {
        assertThat(Headline.of(List.of(destroy("x/delete", "x:box/1", "x:box/2", "x:box/3", "x:box/4")), NOTHING))
                .isEqualTo("Delete box 1 and box 2 and box 3 and 1 more resource");
        assertThat(Headline.of(
                        List.of(
                                destroy("x/delete", "x:box/1"),
                                destroy("x/delete", "x:box/2"),
                                destroy("x/delete", "x:box/3"),
                                destroy("x/delete", "x:box/4")),
                        NOTHING))
                .isEqualTo("Delete box 1; delete box 2; delete box 3; and 1 more deletion");
    }

    /** The order is the agent's choice: it must not decide what people read first. */
    @Test
    void theLossIsFirstInWhateverOrder() {
        List<Json.Members> actions = List.of(
                action("x/setTitle", List.of("write"), "x:box/1"),
                action("x/setTitle", List.of("write"), "x:box/2"),
                action("x/setTitle", List.of("write"), "x:box/3"),
                action("x/addMember", List.of("privilege", "write"), "x:team/a"),
                action("x/addMember", List.of("privilege", "write"), "x:team/b"),
                action("x/run", List.of("execute"), "x:box/4"),
                destroy("x/delete", "x:box/9"));
        String line = "Delete box 9; change access to team a; change access to team b;"
                + " and 1 more run of code and 3 more actions";
        assertThat(Headline.of(actions, NOTHING)).isEqualTo(line);
        assertThat(Headline.of(actions.reversed(), NOTHING)).isEqualTo(line);
    }

    @Test
    void whatIsLostWithCopiesIsFirst() {
        Json.Members radius = radius("x:box/1", "x:box/2", "x:box/3", "x:box/4", "x:box/5")
                .withItems("survivors", Stream.of(Json.object().with("of", "x:box/5")))
                .with("also_in", Json.object().withTexts("x:box/4", List.of("production")));
        assertThat(Headline.of(List.of(destroy("x/delete", "x:box/1", "x:box/2", "x:box/4", "x:box/5")), radius))
                .startsWith("Delete box 4 and box 5 and box 1 and 1 more resource (1 box)");
    }

    @Test
    void aRewindIsNeverCounted() {
        Json.Members rewind = push("refs/heads/z", "true", fact("count.lost", "14", "resolved"));
        List<Json.Members> pushed = List.of(
                push("refs/heads/a", "false"), push("refs/heads/b", "false"), push("refs/heads/c", "false"), rewind);
        assertThat(Headline.of(pushed, NOTHING))
                .startsWith("Removes 14 commits")
                .endsWith("; and 1 more action");
    }

    private static Json.Members push(String ref, String force, Json.Members... more) {
        return with(
                action("git/update-ref", List.of("write"), "git:repo/a"),
                Stream.concat(
                                Stream.of(
                                        fact("argument.push.x", "1", "resolved"),
                                        fact("argument.body.ref", ref, "claimed"),
                                        fact("argument.body.force", force, "resolved")),
                                Arrays.stream(more))
                        .toArray(Json.Members[]::new));
    }

    /** Random actions in random orders: the line is the same, and no hidden action is worse than a shown one. */
    @Test
    void noOrderChangesTheLineOrHidesTheWorst() {
        Random random = new Random(7);
        List<String> impacts = List.of("destroy", "unknown", "privilege", "execute", "credential", "write", "read");
        for (int round = 0; round < 500; round++) {
            List<Json.Members> actions = new ArrayList<>();
            for (int i = 0; i < 2 + random.nextInt(7); i++) {
                actions.add(action(
                                "x/do" + random.nextInt(3),
                                List.of(impacts.get(random.nextInt(impacts.size()))),
                                "x:box/" + random.nextInt(20))
                        .with("reversibility", random.nextBoolean() ? "irreversible" : "reversible"));
            }
            String line = Headline.of(actions, NOTHING);
            Json.Members worst = actions.stream()
                    .min(Comparator.comparing(LossOrder.Severity::of))
                    .orElseThrow();
            boolean isFirst = actions.stream()
                    .filter(action -> LossOrder.Severity.of(action) == LossOrder.Severity.of(worst))
                    .anyMatch(action -> line.startsWith(Headline.of(List.of(action), NOTHING)));
            assertThat(isFirst).as(line).isTrue();
            for (int order = 0; order < 5; order++) {
                Collections.shuffle(actions, random);
                assertThat(Headline.of(actions, NOTHING)).isEqualTo(line);
            }
        }
    }

    @Test
    void severalAttemptsHaveOneLine() {
        Json.Members harmless = Json.object()
                .withItems("actions", Stream.of(action("x/setTitle", List.of("write"), "x:box/1")))
                .with("radius", around());
        Json.Members deletes = Json.object()
                .withItems("actions", Stream.of(destroy("x/delete", "x:box/9")))
                .with("radius", around("x:box/9").with("names", Json.object().with("x:box/9", "pgdata")));
        assertThat(Headline.ofAll(List.of(harmless, deletes)))
                .isEqualTo("Delete box \"pgdata\"; change box 1 in staging");
    }

    private static Json.Members around(String... lost) {
        return radius(lost)
                .withTexts("environments", List.of("staging"))
                .withItems("lost_backups", Stream.of())
                .withItems("survivors", Stream.of());
    }

    private static Json.Members fact(String name, String value, String provenance) {
        return Json.object().with("name", name).with("value", value).with("provenance", provenance);
    }

    private static Json.Members with(Json.Members action, Json.Members... facts) {
        return action.withItems("facts", Arrays.stream(facts));
    }

    @Test
    void whatAReplacementTakesAwayIsNamed() {
        Json.Members replaces = with(
                action("github/issues/set-labels", List.of("write"), "github:repo/acme/shop"),
                fact("thing", "labels", "sealed"),
                fact("leaves-out", "[\"bug\",\"p1\"]", "resolved"));
        assertThat(Headline.of(List.of(replaces), NOTHING))
                .isEqualTo("Set labels of repo acme/shop, which takes away 2 entries (bug, p1)");
        Json.Members odd = with(
                action("github/issues/set-labels", List.of("write"), "github:repo/acme/shop"),
                fact("leaves-out", "[\"p1) and nothing else\"]", "resolved"));
        assertThat(Headline.of(List.of(odd), NOTHING))
                .endsWith("takes away 1 entry (" + VisibleText.quoted("p1) and nothing else") + ")");
    }

    /** An agent that writes a number, or a kind of thing, as its own words says nothing in the headline. */
    @Test
    void onlyWhatTheGatewayFoundOutCounts() {
        Json.Members sent = with(
                action("mail/send_mail", List.of("write"), "mail:account/self"),
                fact("thing", "mail", "sealed"),
                fact("count.recipients", "24", "resolved"),
                fact("count.recipients", "1", "claimed"),
                fact("thing", "draft", "claimed"));
        assertThat(Headline.of(List.of(sent), Json.object().withTexts("environments", List.of("production"))))
                .isEqualTo("Send a mail to 24 recipients in production");
    }

    @Test
    void environmentsAreNamedAsTheProviderNamesThem() {
        Json.Members radius = Json.object()
                .withTexts("environments", List.of("production"))
                .with(
                        "names",
                        Json.object().with("railway:environment/e", "eu-prod").with("railway:service/s", "web"));
        assertThat(Headline.of(
                        List.of(action(
                                "railway/serviceUpdate",
                                List.of("write"),
                                "railway:environment/e",
                                "railway:service/s")),
                        radius))
                .isEqualTo("Change service \"web\" in \"eu-prod\" (production)");
    }

    /** Agents choose names at a provider. */
    @Test
    void aNameCannotEndBeforeItsEnd() {
        Json.Members radius = radius("railway:volume/v")
                .with("names", Json.object().with("railway:volume/v", "x\" (0 backups)\u202e"));

        assertThat(Headline.of(List.of(destroy("railway/volumeDelete", "railway:volume/v")), radius))
                .isEqualTo("Delete volume \"x' (0 backups)\\u{202e}\"");
    }

    @Test
    void withoutActionsItIsEmptyAndWithoutResourcesItNamesTheOperation() {
        assertThat(Headline.of(List.of(), NOTHING)).isEmpty();
        assertThat(Headline.of(List.of(action("railway/run", List.of("execute"))), NOTHING))
                .isEqualTo("Run code in railway/run");
    }
}
