package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.Headline;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.PushedRef;
import dev.interlock.action.PushedRef.Change;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.evidence.Json;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The line that people read first, of calls as agents send them: what, how many, whose, and where. */
class HeadlineOfCallsTest {

    private static final RestFixture GITHUB = RestFixture.of("github");
    private static final String MAIL = """
            format: interlock-catalog@v1
            provider: mail
            protocol: rest
            carriers: {headers: [authorization], query: [], cookies: []}
            forwarded-headers: []
            resources: {}
            reads: {}
            writes: {}
            operations:
              emails/send:
                request: POST /emails {to:* cc:* bcc:* subject html}
                impacts: [write]
                reversibility: irreversible
                facts: [body.subject]
                counts: {recipients: [body.to, body.cc, body.bcc]}
                when:
                  - if: {more-than: {recipients: 3}}
                    impacts: [execute]
                    because: It reaches many people.
            """;

    private static String headline(Action action, String... environments) {
        Placement[] places = action.resources().stream()
                .map(resource -> Fixtures.place(resource.toString(), environments))
                .toArray(Placement[]::new);
        ResolvedAttempt attempt = Fixtures.resolved(Fixtures.wide(), List.of(action), places);
        Json.Members meaning = attempt.meaning();
        return Headline.of(meaning.objects("actions"), meaning.object("radius"));
    }

    private static Action push(
            Change change, String ref, boolean isForced, int commits, List<String> files, int lost, int people) {
        HttpCall call = new HttpCall(
                "POST",
                "github.com",
                "/acme/shop.git/git-receive-pack",
                List.of(),
                List.of(new Header("content-type", PushOperations.TYPE)),
                Bytes.utf8("0000"));
        PushedRef pushed = new PushedRef(
                change,
                "refs/" + ref,
                "1".repeat(40),
                isForced,
                ref.equals("heads/main"),
                PushedRef.Origin.READ,
                new PushedRef.ChangedFiles(OptionalInt.of(commits), files, files, List.of()),
                lost < 0 ? OptionalInt.empty() : OptionalInt.of(lost),
                new PushedRef.LostHistory(
                        IntStream.range(0, people)
                                .mapToObj(i -> "Doe, Jane " + i)
                                .toList(),
                        List.of(),
                        "2026-01-01 to 2026-02-01"));
        return ((CallReading.PushMeaning)
                        BuiltIn.CATALOGS.find("github").orElseThrow().read(call))
                .rules()
                .judge(List.of(pushed))
                .getFirst();
    }

    private static List<String> files(int others, String... more) {
        List<String> files = new ArrayList<>(List.of(more));
        IntStream.range(0, others).forEach(i -> files.add("src/file, " + i + ".txt"));
        return files;
    }

    @Test
    void aPushSaysWhatItAddsAndWhatRuns() {
        assertThat(headline(
                        push(Change.UPDATE, "heads/main", false, 3, files(13, ".github/workflows/x.yml"), 0, 0),
                        "production"))
                .isEqualTo(
                        "Adds 3 commits to main of acme/shop in production, which is usually built and deployed; 1 of 14 files runs in CI"
                                + " (.github/workflows/x.yml)");
        assertThat(headline(push(Change.UPDATE, "heads/agent/x", false, 1, files(2), 0, 0), "staging"))
                .isEqualTo("Adds 1 commit to agent/x of acme/shop in staging");
        assertThat(headline(push(Change.CREATE, "heads/agent/x", false, 2, files(1, "Dockerfile"), 0, 0), "staging"))
                .isEqualTo("Creates branch agent/x of acme/shop in staging with 2 new commits; 1 of 2 files runs in CI"
                        + " (Dockerfile)");
    }

    /** Git takes names that read like words of the gateway. */
    @ParameterizedTest
    @ValueSource(strings = {"x;harmless", "x(reviewed)", "x,y", "\u0445"})
    void oddNamesStandInQuotes(String name) {
        assertThat(headline(push(Change.CREATE, "heads/" + name, false, 0, files(0), 0, 0), "staging"))
                .matches("Creates branch \"[^\"]+\" of acme/shop in staging");
        String file = ".github/workflows/" + name + ".yml";
        assertThat(headline(push(Change.UPDATE, "heads/x", false, 1, List.of(file), 0, 0), "staging"))
                .endsWith(".yml\")")
                .contains("runs in CI (\".github/");
    }

    @Test
    void aForcedPushSaysWhatIsLostAndWhose() {
        assertThat(headline(push(Change.UPDATE, "heads/main", true, 0, files(0), 14, 3), "production"))
                .isEqualTo(
                        "Removes 14 commits by 3 people from main of acme/shop in production, which is usually built and deployed");
        assertThat(headline(push(Change.UPDATE, "heads/x", true, 0, files(0), -1, 0), "staging"))
                .isEqualTo("Removes an unknown number of commits from x of acme/shop in staging");
        assertThat(headline(push(Change.DELETE, "heads/old", false, 0, files(0), 2, 1), "staging"))
                .isEqualTo("Deletes branch old of acme/shop in staging, and removes 2 commits by 1 person");
    }

    /** An agent chooses files and names; what the gateway has counted of them is no claim. */
    @Test
    void whatIsMeasuredIsNoClaim() {
        assertThat(push(Change.UPDATE, "heads/main", true, 0, files(0), 14, 3).facts())
                .filteredOn(fact ->
                        fact.name().startsWith("argument.push.") || fact.name().startsWith(Fact.COUNT))
                .isNotEmpty()
                .allMatch(fact -> fact.provenance() == Provenance.RESOLVED);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DELETE /repos/acme/shop/releases/17 || Delete release 17 of repo acme/shop in staging",
                "DELETE /repos/acme/shop/branches/x/protection || Delete protection of branch x of repo acme/shop,"
                        + " which changes access in staging",
                "DELETE /repos/acme/shop/issues/7/lock || Unlock issue 7 of repo acme/shop in staging",
                "DELETE /orgs/acme/actions/oidc/customization/properties/repo/7 || Delete custom property 7 of org acme,"
                        + " which changes access in staging",
                "DELETE /orgs/acme/actions/variables/x/repositories/7 || Delete variable x of org acme and repo id 7 in staging",
                "PATCH /repos/acme/shop | {\"visibility\":\"public\"} | Destroy part of repo acme/shop in staging",
                "DELETE /repos/acme/shop/labels/good first || Delete label \"good first\" of repo acme/shop in staging",
                "DELETE /repos/acme/shop/actions/variables/URL || Delete variable URL of repo acme/shop in staging",
                "DELETE /repos/acme/shop/git/refs/heads/x || Delete branch x of repo acme/shop in staging",
                "PUT /repos/acme/shop/pulls/12/merge | {} |"
                        + " Merge pull request 12 of repo acme/shop, which runs code in staging",
                "PUT /repos/acme/shop/issues/7/labels | {\"labels\":[]} |"
                        + " Destroy part of labels of issue 7 of repo acme/shop in staging",
                "POST /repos/acme/shop/releases | {\"tag_name\":\"v1\",\"draft\":true} |"
                        + " Create release v1 in repo acme/shop in staging",
                "POST /repos/acme/shop/actions/variables | {\"name\":\"URL\",\"value\":\"v\"} |"
                        + " Create variable URL in repo acme/shop, which runs code in staging",
                "POST /repos/acme/shop/git/refs | {\"ref\":\"refs/heads/x\",\"sha\":\"1111111111111111111111111111111111111111\"} |"
                        + " Create branch x in repo acme/shop, which runs code in staging",
            })
    void aCallNamesTheThingBeforeItsContainer(String request, String body, String line) {
        assertThat(headline(GITHUB.action(request.replace("%20", " "), body == null ? "" : body), "staging"))
                .isEqualTo(line);
    }

    private static Action tool(String name, String arguments) {
        return GITHUB.understood(RestFixture.call(
                        "POST /mcp/",
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + name
                                + "\",\"arguments\":{\"owner\":\"acme\",\"repo\":\"shop\"" + arguments + "}}}"))
                .actions()
                .getFirst();
    }

    /** A tool names the container alone: the part is what the same operation of REST names. */
    @Test
    void aToolLosesThePartThatItsTwinLoses() {
        Action labels = tool("issue_write", ",\"method\":\"update\",\"issue_number\":7,\"labels\":[\"bug\"]");
        assertThat(labels.has(Impact.DESTROY)).isTrue();
        assertThat(Action.destroysAPart(labels.facts())).isTrue();
        assertThat(headline(labels, "staging")).isEqualTo("Destroy part of issue 7 of repo acme/shop in staging");
        assertThat(Action.destroysAPart(tool("label_write", ",\"method\":\"delete\",\"name\":\"bug\"")
                        .facts()))
                .isTrue();
        assertThat(Action.destroysAPart(tool("delete_repository", "").facts()))
                .as("all of it goes")
                .isFalse();
    }

    @Test
    void aVariableIsNamedWithoutItsValue() {
        Action action = RailwayFixture.actions(RailwayFixture.document(
                        "mutation { variableUpsert(input: {projectId: \"p\", environmentId: \"e\", name: \"TOKEN\","
                                + " value: \"s3cret\"}) }"))
                .getFirst();
        assertThat(headline(action, "staging")).isEqualTo("Set variable TOKEN of environment staging (e)");
    }

    @Test
    void theVariablesOfACollectionAreNamed() {
        Action action = RailwayFixture.actions(RailwayFixture.document(
                        "mutation { variableCollectionUpsert(input: {projectId: \"p\", environmentId: \"e\","
                                + " variables: {A: \"1\", B: \"2\"}}) }"))
                .getFirst();
        assertThat(headline(action, "staging"))
                .isEqualTo("Set 2 variables (A, B) of environment staging (e)")
                .doesNotContain("1\"");
    }

    @Test
    void recipientsAreCountedInEveryForm() {
        Catalog mail = Catalogs.read("mail.yaml", Bytes.utf8(MAIL));
        Stream.of(
                        "{\"to\":\"a@x.com\",\"subject\":\"Hi\"}|1",
                        "{\"to\":[\"a@x.com\",\"b@x.com\"],\"cc\":null,\"bcc\":\"c@x.com\"}|3",
                        "{\"to\":\"a@x.com, b@x.com; c@x.com\",\"cc\":[\"d@x.com,e@x.com\"]}|5",
                        "{\"to\":[[\"a@x.com\"],[],{\"email\":\"b@x.com\"}]}|2")
                .map(each -> each.split("\\|"))
                .forEach(each -> {
                    Action action = ((CallReading.CallMeaning) mail.read(RestFixture.call("POST /emails", each[0])))
                            .actions()
                            .getFirst();
                    int count = Integer.parseInt(each[1]);
                    assertThat(RestFixture.facts(action, "count.recipients")).containsExactly(each[1]);
                    assertThat(action.has(Impact.EXECUTE)).as(each[0]).isEqualTo(count > 3);
                    assertThat(headline(action, "production"))
                            .contains(count == 1 ? " to 1 recipient in" : " to " + count + " recipients in");
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "delete_note | {\"note\":\"n1\"} | Delete note n1 in staging",
                "delete_page | {\"page_id\":\"p-1\"} | Delete page p-1 in staging",
                "send_email | {\"to\":[\"a\",\"b\"]} | Send an email to 2 recipients in staging",
                "purge | {} | Destroy the account of some in staging",
            })
    void aToolNamesWhatItsArgumentsName(String tool, String arguments, String line) {
        Catalog tools = Catalogs.read("some.yaml", Bytes.utf8("""
                format: interlock-catalog@v1
                provider: some
                protocol: mcp
                endpoints: [/mcp]
                carriers: {headers: [authorization]}
                forwarded-headers: []
                tools:
                  delete_note: {takes: note, facts: [note], impacts: [destroy], reversibility: irreversible}
                  delete_page: {takes: page_id, facts: [page_id], things: {page_id: page}, impacts: [destroy], reversibility: irreversible}
                  send_email: {takes: to, facts: [to], counts: {recipients: [to]}, impacts: [write], reversibility: irreversible}
                  purge: {impacts: [destroy], reversibility: irreversible}
                """));
        Action action = ((CallReading.CallMeaning) tools.read(McpExample.tool(tool, arguments)))
                .actions()
                .getFirst();
        assertThat(headline(action, "staging")).isEqualTo(line);
    }
}
