package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.catalog.Catalogs;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests an agent that may read resources with secrets: it sees where secrets stand, and nothing that tells one value
 * from another.
 */
@Tag("process")
class SecretReferenceTest {

    private static final String KEYS = """
            format: interlock-catalog@v1
            provider: keys
            protocol: rest
            carriers: {headers: [authorization]}
            forwarded-headers: [range]
            resources: {box: "{box}"}
            operations:
              keys/list:
                request: GET /boxes/{box}/keys
                impacts: [read, credential]
                reversibility: reversible
                secrets: [answer.keys.value]
              keys/put:
                request: PUT /boxes/{box}/keys {*}
                impacts: [write, credential]
                reversibility: irreversible
            """;

    private static final String VALUES =
            "{\"keys\":[{\"name\":\"a\",\"value\":\"s3cret-1\"},{\"name\":\"b\",\"value\":\"s3cret-2\"},"
                    + "{\"name\":\"c\",\"value\":\"s3cret-1\"},{\"name\":\"d\",\"value\":null}]}";

    private static final Pattern SHOWN = Pattern.compile("\\{\"keys\":\\["
            + "\\{\"name\":\"a\",\"value\":\"(interlock:secret/hidden)\"},"
            + "\\{\"name\":\"b\",\"value\":\"(interlock:secret/hidden)\"},"
            + "\\{\"name\":\"c\",\"value\":\"(interlock:secret/hidden)\"},"
            + "\\{\"name\":\"d\",\"value\":null}]}\n200");

    @TempDir
    private static Path root;

    private static SmallService service;
    private static ServiceGatewayInstallation house;

    @BeforeAll
    static void start() throws Exception {
        service = new SmallService();
        String upstream = """
                    catalog: %s
                    address: "%s"
                %s    credentials:
                      %s: {environments: [staging], impacts: [read, write, credential]}
                    resources:
                      "keys:box/*": {environments: [staging]}
                """;
        String yaml = """
                organisation: acme
                environments:
                  production: {protected: true}
                  staging: {protected: false}
                people:
                  sam: {groups: [owners], keys: ["SAM"]}
                  ann: {groups: [owners], keys: ["ANN"]}
                agents:
                  sam/bot: {owner: sam, teams: [bots]}
                upstreams:
                  shown:
                """
                + upstream.formatted("keys", service.address(), "", "one")
                + "  veiled:\n"
                + upstream.formatted("keys", service.address(), "    secrets: referenced\n", "two")
                + "  tickets:\n"
                + upstream.formatted("tickets", service.address(), "    secrets: referenced\n", "three")
                        .replace("keys:box", "tickets:ticket")
                + """
                tasks:
                  work: {environments: [staging], impacts: [read, write, credential], ttl: 1h}
                """;
        String cedar = """
                @id("work")
                permit (principal, action in [Impact::Action::"read", Impact::Action::"write",
                        Impact::Action::"credential"], resource in Environment::"staging");
                """;
        house = new ServiceGatewayInstallation(
                root,
                Map.of(
                        "interlock.yaml", yaml,
                        "policy.cedar", cedar,
                        "catalogs/keys.yaml", KEYS,
                        "catalogs/tickets.yaml", Catalogs.example("graphql")),
                Map.of("one", "cred-one-1", "two", "cred-two-2", "three", "cred-three-3"));
        house.seal().expect(0);
        house.up();
    }

    @AfterAll
    static void stop() {
        house.close();
        service.close();
    }

    @BeforeEach
    void stock() {
        service.keep("/boxes/x/keys", VALUES);
        service.take();
    }

    private static Matcher shown() throws Exception {
        Matcher shown = SHOWN.matcher(house.curl("GET", "/veiled/boxes/x/keys"));
        assertThat(shown.matches()).as(shown.toString()).isTrue();
        return shown;
    }

    @Test
    void theSealMustEnableReferences() throws Exception {
        assertThat(house.curl("GET", "/shown/boxes/x/keys")).isEqualTo(VALUES + "\n200");
    }

    @Test
    void noAnswerTellsWhetherSecretsAreEqual() throws Exception {
        Matcher first = shown();
        assertThat(first.group(1)).isEqualTo(first.group(3)).isEqualTo(first.group(2));
    }

    @Test
    void unscannableRequestsAreRefused() throws Exception {
        service.keep("/boxes/x/keys", "keys=s3cret-1");
        assertThat(house.curl("GET", "/veiled/boxes/x/keys", "-i"))
                .contains("interlock-note: the upstream's answer was withheld")
                .doesNotContain("s3cret");
        service.keep("/boxes/x/keys", "{\"keys\":[{\"value\":\"s3cret" + "x".repeat(2 << 20) + "\"}]}");
        assertThat(house.curl("GET", "/veiled/boxes/x/keys", "-i"))
                .contains("interlock-note: the upstream's answer was withheld")
                .doesNotContain("s3cret");
    }

    @Test
    void graphqlSecretsAreFoundUnderAnyAlias() throws Exception {
        service.keep("/graphql", "{\"data\":{\"t\":{\"id\":\"t-1\",\"x\":\"s3cret-1\"}}}");
        String answer = house.curl(
                "POST",
                "/tickets/graphql",
                ServiceGatewayInstallation.json("{\"query\":\"{t: ticket(id: \\\"t-1\\\") {id x: token}}\"}"));
        assertThat(answer)
                .contains("\"id\":\"t-1\"")
                .contains("\"x\":\"interlock:secret/")
                .doesNotContain("s3cret");
    }

    /** The upstream would store the reference in the place of the secret. */
    @Test
    void aReferenceSentBackIsRefused() throws Exception {
        String reference = shown().group(1);
        service.take();
        for (String upstream : new String[] {"/veiled", "/shown"}) {
            assertThat(house.curl(
                            "PUT",
                            upstream + "/boxes/x/keys",
                            ServiceGatewayInstallation.json(
                                    "{\"keys\":[{\"value\":\"" + reference.replace("/", "\\/") + "\"}]}")))
                    .contains("\"kind\":\"not_understood\"")
                    .contains("a reference to a secret");
        }
        assertThat(service.take()).isEmpty();
        assertThat(service.at("/boxes/x/keys")).contains(VALUES);
    }
}
