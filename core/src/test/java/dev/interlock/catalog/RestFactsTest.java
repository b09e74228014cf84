package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that signers and policies see every member of a body that decides a destruction, a change of rights or an
 * execution. Every other text is masked. A list names the exceptions, with reasons.
 */
class RestFactsTest {

    private static final Map<String, String> UNCHECKED = Map.of(
            "anthropic", "its bodies are conversations, which ModelProvidersTest checks",
            "gemini", "its bodies are conversations, which GeminiTest checks",
            "openai", "its bodies are conversations, which ModelProvidersTest checks");

    private static final Set<Impact> GRAVE = Set.of(Impact.DESTROY, Impact.PRIVILEGE, Impact.EXECUTE);

    static Stream<String> catalogs() {
        return RestFixture.builtIn().filter(name -> !UNCHECKED.containsKey(name));
    }

    @ParameterizedTest
    @MethodSource("catalogs")
    void everyBodyMemberIsShownOrListedAsHidden(String catalog) throws IOException {
        Map<String, String> exceptions = RestFixture.exceptions("rest-facts.tsv", catalog);
        Set<String> used = new HashSet<>();
        Set<String> forgotten = new TreeSet<>();
        for (RestOperation entry : entries(catalog)) {
            for (String member : hidden(entry)) {
                List<String> why = List.of(entry.name() + " " + member, "* " + member);
                if (Collections.disjoint(why, exceptions.keySet())) {
                    forgotten.add(entry.name() + " " + member);
                }
                used.addAll(why);
            }
        }
        assertThat(forgotten).isEmpty();
        assertThat(used).as("exceptions that are none any more").containsAll(exceptions.keySet());
    }

    private static List<RestOperation> entries(String catalog) throws IOException {
        try (InputStream in = Catalogs.class.getResourceAsStream(catalog + ".yaml")) {
            return List.copyOf(((RestDialect) CatalogFile.read(catalog + ".yaml", in.readAllBytes()))
                    .knowledge()
                    .operations()
                    .values());
        }
    }

    private static List<String> hidden(RestOperation entry) {
        if (Collections.disjoint(decided(entry), GRAVE)) {
            return List.of();
        }
        Set<ArgumentPath> shown = entry.entry().naming();
        shown.addAll(entry.entry().facts().all());
        shown.addAll(entry.entry().outlines());
        return members(entry)
                .filter(member -> shown.stream().map(ArgumentPath::toString).noneMatch(path -> covers(path, member)))
                .toList();
    }

    /** Its impacts without those of a text that commands: that one is any, and a person reads which in the question. */
    private static Set<Impact> decided(RestOperation entry) {
        Set<Impact> decided = new HashSet<>(entry.entry().impacts());
        entry.entry().rules().stream()
                .filter(rule -> !rule.condition().paths().isEmpty())
                .forEach(rule -> decided.addAll(rule.impacts()));
        return decided;
    }

    private static boolean covers(String path, String member) {
        return path.equals("body") || path.equals(member);
    }

    private static Stream<String> members(RestOperation entry) {
        return switch (entry.line().body()) {
            case RequestLine.Members(var members) -> members.keySet().stream().map("body."::concat);
            case RequestLine.Anything _ -> Stream.of("body");
            case RequestLine.None _, RequestLine.Opaque _ -> Stream.of();
        };
    }

    /** A policy can distinguish these, and a person reads them before signing. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "github  | PUT /orgs/acme/teams/core/memberships/jer | {'role': 'maintainer'} | role | maintainer",
                "github  | POST /repos/acme/shop/rulesets | {'enforcement': 'disabled'} | enforcement | disabled",
                "github  | PUT /repos/acme/shop/actions/permissions/workflow"
                        + " | {'default_workflow_permissions': 'write'} | default_workflow_permissions | write",
                "github  | POST /orgs/acme/personal-access-token-requests/7 | {'action': 'approve'} | action | approve",
                "github  | POST /user/keys | {'key': 'ssh-ed25519 AAAA'} | key | ssh-ed25519 AAAA",
                "github  | PATCH /orgs/acme | {'default_repository_permission': 'admin'}"
                        + " | default_repository_permission | admin",
                "github  | POST /repos/acme/shop/deployments | {'environment': 'production'} | environment | production",
                "github  | POST /user/emails | ['m@example.com'] | | '[\"m@example.com\"]'",
                "hetzner | POST /v1/networks/9/actions/add_route | {'gateway': '10.0.0.7'} | gateway | 10.0.0.7",
                "hetzner | POST /v1/zones/x.de/actions/change_primary_nameservers"
                        + " | {'primary_nameservers': [{'address': '192.0.2.7', 'tsig_key': 's3cret'}]}"
                        + " | primary_nameservers.address | 192.0.2.7",
                "github  | POST /repos/acme/shop/hooks"
                        + " | {'config': {'url': 'https://ci.acme.com', 'insecure_ssl': '1', 'secret': 's3cret'}}"
                        + " | config.insecure_ssl | 1",
                "github  | PATCH /orgs/acme/hooks/7 | {'config': {'content_type': 'form', 'secret': 's3cret'}}"
                        + " | config.content_type | form",
                "neon    | POST /api/v2/projects/p/branches"
                        + " | {'branch': {'parent_id': 'm', 'expires_at': '2026-11-22T16:10:00Z'}}"
                        + " | branch | '{\"expires_at\":\"2026-11-22T16:10:00Z\",\"parent_id\":\"m\"}'",
            })
    void decisiveMembersAreShown(String catalog, String request, String body, String member, String value) {
        Action action = RestFixture.of(catalog).action(request, body.replace('\'', '"'));
        String fact = member == null ? "argument.body" : "argument.body." + member;
        assertThat(RestFixture.facts(action, fact)).containsExactly(value);
        assertThat(action.facts().toString()).doesNotContain("s3cret");
    }

    /** The inputs of workflows may be secret: only their names are shown. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST /repos/acme/shop/actions/workflows/7/dispatches | {'ref':'x','inputs':{'token':'s3cret'}} | inputs",
                "POST /repos/acme/shop/dispatches | {'event_type':'x','client_payload':{'token':'s3cret'}} | client_payload",
                "POST /repos/acme/shop/deployments | {'ref':'x','payload':{'token':'s3cret'}} | payload",
            })
    void passedOnBodiesAreOutlined(String request, String body, String member) {
        Action action = RestFixture.of("github").action(request, body.replace('\'', '"'));
        assertThat(RestFixture.facts(action, "outline.body." + member)).containsExactly("{\"token\":\"...\"}");
        assertThat(action.facts().toString()).doesNotContain("s3cret");
    }

    /** It merges the default branch into the deployed one, unless it is told not to. */
    @ParameterizedTest
    @ValueSource(strings = {"{\"ref\":\"fix\"}", "{\"ref\":\"fix\",\"auto_merge\":true}"})
    void aDeploymentWrites(String body) {
        assertThat(RestFixture.of("github").impacts("POST /repos/acme/shop/deployments", body))
                .containsExactlyInAnyOrder(Impact.WRITE, Impact.EXECUTE);
    }
}
