package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.OperationSummary;
import dev.interlock.testing.BuiltIn;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests where secrets stand in an answer, and what is left without them. */
class ResponseRedactionTest {

    private static ResponseRedaction veil(String paths) {
        return new ResponseRedaction(Arrays.stream(paths.split(" "))
                .map(path -> path.isEmpty() ? List.<String>of() : List.of(path.split("\\.")))
                .collect(Collectors.toSet()));
    }

    private static Optional<String> over(String paths, String answer) {
        return veil(paths)
                .redact(Bytes.utf8(answer.replace('\'', '"')))
                .map(bytes -> new String(bytes.toArray(), StandardCharsets.UTF_8)
                        .replace('"', '\'')
                        .replace("interlock:secret/hidden", "<>"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "token     | {'id':'a','token':'s'}                   | {'id':'a','token':'<>'}",
                "token     | [{'token':'s'},{'token':'t'}]            | [{'token':'<>'},{'token':'<>'}]",
                "a.b       | {'a':[{'b':'s'},{'c':'x'}],'b':'x'}      | {'a':[{'b':'<>'},{'c':'x'}],'b':'x'}",
                "a         | {'a':{'N':'s','M':[1,true,null]}}        | {'a':{'M':['<>','<>',null],'N':'<>'}}",
                "a.*.v     | {'a':{'x':{'v':'s','k':'x'}}}            | {'a':{'x':{'k':'x','v':'<>'}}}",
                "a b       | {'a':'s','b':'t','c':'x'}                | {'a':'<>','b':'<>','c':'x'}",
                "a a.b     | {'a':{'b':'s','c':'t'}}                  | {'a':{'b':'<>','c':'<>'}}",
                "token     | {'token':null}                           | {'token':null}",
                "token     | {'error':'no'}                           | {'error':'no'}",
                // a text with nested JSON is redacted as a whole
                "a.b       | {'a':'{b:s}'}                            | {'a':'<>'}",
                "a.b       | ['b=s']                                  | ['<>']",
            })
    void onlyTheNamedValuesAreReplaced(String paths, String answer, String expected) {
        assertThat(over(paths, answer)).contains(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<xml>s</xml>",
                "{'token':'s'",
                "{'token':'s'}{'token':'s'}",
                "{'token':'s','token':'t'}",
                "data: {'token':'s'}",
                "callback({'token':'s'})",
                "{'token':'s',}",
                "{'token':1e999999999}"
            })
    void anAnswerThatIsNotJsonIsWithheld(String answer) {
        assertThat(over("token", answer)).isEmpty();
    }

    private static Optional<ResponseRedaction> graphql(String document) {
        Catalog tickets = Catalogs.read("tickets.yaml", Bytes.utf8(Catalogs.example("graphql")));
        CallReading reading = tickets.read(new HttpCall(
                "POST",
                "tickets.example",
                "/graphql",
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.utf8(document)));
        return ((CallReading.CallMeaning) reading).redaction();
    }

    private static String body(String document) {
        return "{\"query\":\"" + document.replace("\"", "\\\"") + "\"}";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ticket(id: \"1\") {id token}} | data.ticket.token",
                "{t: ticket(id: \"1\") {id s: token}} | data.t.s",
                "{a: ticket(id: \"1\") {token} b: ticket(id: \"2\") {title}} | data.a.token",
                "{ticket(id: \"1\") {...f ... on Ticket {x: token}}} fragment f on Ticket {y: token} | data.ticket.x, data.ticket.y",
                "mutation {ticketRename(id: \"1\", title: \"t\") {token}} | data.ticketRename.token",
                // an operation that no catalog knows, but a sealed line may
                "{nobody {deep {s: token}}} | data.nobody.deep.s",
            })
    void aliasesOfSecretFieldsAreFollowed(String document, String paths) {
        assertThat(graphql(body(document)).orElseThrow()).hasToString(paths);
    }

    @Test
    void anAnswerWithTooManyValuesIsWithheld() {
        assertThat(over("key", "{'key':[" + "0,".repeat(49_000) + "0]}")).isPresent();
        assertThat(over("key", "{'key':[" + "0,".repeat(60_000) + "0]}")).isEmpty();
    }

    @Test
    void anAnswerWithoutSelectedSecretsIsNotParsed() {
        assertThat(graphql(body("{ticket(id: \"1\") {id title}}"))).isEmpty();
    }

    @Test
    void aBatchAnswerIsRedactedAsAList() {
        ResponseRedaction veil = graphql(
                        "[" + body("{ticket(id: \"1\") {token}}") + "," + body("{t: ticket(id: \"1\") {token}}") + "]")
                .orElseThrow();
        assertThat(veil.redact(Bytes.utf8(
                                "[{\"data\":{\"ticket\":{\"token\":\"s\"}}},{\"data\":{\"t\":{\"token\":\"u\"}}}]"))
                        .orElseThrow())
                .isEqualTo(Bytes.utf8("[{\"data\":{\"ticket\":{\"token\":\"r\"}}},{\"data\":{\"t\":{\"token\":\"r\"}}}]"
                        .replace("\"r\"", "\"interlock:secret/hidden\"")));
    }

    private static final String KEYS = """
            format: interlock-catalog@v1
            provider: keys
            protocol: rest
            carriers: {headers: [authorization]}
            forwarded-headers: []
            operations:
              keys/list:
                request: GET /keys
                impacts: [read, credential]
                reversibility: reversible
                secrets: [answer.keys.value, answer.master]
            """;

    @Test
    void aRestCatalogNamesSecretsByPath() {
        Catalog keys = RestExample.load(KEYS);
        CallReading reading =
                keys.read(new HttpCall("GET", "keys.example", "/keys", List.of(), List.of(), Bytes.empty()));
        assertThat(((CallReading.CallMeaning) reading).redaction())
                .contains(new ResponseRedaction(Set.of(List.of("keys", "value"), List.of("master"))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[answer.keys.value, answer.master] | [keys.value] | begins with `answer`",
                "[answer.keys.value, answer.master] | [answer.keys.@names] | begins with `answer`",
                "[read, credential] | [read] | must hold `credential`"
            })
    void mistakesInTheCatalogAreReported(String what, String instead, String problem) {
        assertThatThrownBy(() -> RestExample.load(KEYS.replace(what, instead))).hasMessageContaining(problem);
    }

    /** For each operation on which `secrets: referenced` would do nothing, there is a written reason. */
    @Test
    void everyRevealingOperationNamesItsSecretsOrIsListed() {
        Set<String> unmarked = new TreeSet<>();
        for (String name : BuiltIn.CATALOGS.names()) {
            Catalog catalog = BuiltIn.CATALOGS.find(name).orElseThrow();
            if (catalog.protocols().contains("sql")) {
                continue; // no catalog knows the columns of a database
            }
            catalog.operations().stream()
                    .filter(OperationSummary::unmarked)
                    .forEach(entry ->
                            unmarked.add(name + "\t" + entry.operation().name()));
        }
        List<String> known = RestFixture.lines("rest-unveiled.tsv");
        assertThat(known).allMatch(line -> line.matches("[^\t]+\t[^\t]+\t[^\t]{10,}"));
        assertThat(unmarked)
                .containsExactlyInAnyOrderElementsOf(known.stream()
                        .map(line -> line.substring(0, line.lastIndexOf('\t')))
                        .toList());
    }

    /** The answers are those in the providers' documentation. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "github | GET /repos/acme/shop/hooks | [{'id':7,'config':{'url':'SECRET','secret':'SECRET'}}]",
                "github | GET /repos/acme/shop/hooks/7/config | {'url':'SECRET','secret':'SECRET','content_type':'json'}",
                "github | GET /repos/acme/shop/hooks/7/deliveries/8 | {'id':8,'url':'SECRET','request':{'headers':{'X':'SECRET'}}}",
                "github | GET /orgs/acme/secret-scanning/alerts | [{'number':1,'secret':'SECRET'}]",
                "github | PATCH /repos/acme/shop/secret-scanning/alerts/1 | {'number':1,'secret':'SECRET'}",
                "github | GET /repos/acme/shop/import | {'vcs':'git','vcs_url':'SECRET'}",
                "github | PATCH /repos/acme/shop/import/lfs | {'vcs':'git','vcs_url':'SECRET'}",
                "github | POST /repos/acme/shop/actions/runners/registration-token | {'token':'SECRET','expires_at':'x'}",
                "github | POST /orgs/acme/actions/runners/generate-jitconfig | {'encoded_jit_config':'SECRET'}",
                "github | GET /feeds | {'timeline_url':'SECRET','_links':{'user':{'href':'SECRET'}}}",
                "hetzner | POST /v1/servers/42/actions/reset_password | {'root_password':'SECRET','action':{'id':1}}",
                "hetzner | POST /v1/servers/42/actions/request_console | {'wss_url':'SECRET','password':'SECRET'}",
                "hetzner | POST /v1/servers/42/actions/rebuild | {'root_password':'SECRET','action':{'id':1}}",
                "neon | POST /api/v2/projects/p/branches/b/roles/r/reset_password | {'role':{'name':'r','password':'SECRET'}}",
                "neon | POST /api/v2/projects/p/branches | {'roles':[{'name':'r','password':'SECRET'}],"
                        + "'connection_uris':[{'connection_uri':'SECRET','connection_parameters':{'password':'SECRET'}}]}",
                "neon | POST /api/v2/api_keys | {'id':7,'key':'SECRET'}",
            })
    void secretsInProviderAnswersAreReplaced(String catalog, String request, String answer) {
        ResponseRedaction veil = RestFixture.of(catalog)
                .understood(RestFixture.call(request, ""))
                .redaction()
                .orElseThrow();
        String json = answer.replace('\'', '"');
        assertThat(veil.redact(Bytes.utf8(json)))
                .hasValueSatisfying(covered -> assertThat(new String(covered.toArray(), StandardCharsets.UTF_8))
                        .contains("interlock:secret/hidden")
                        .doesNotContain("\"SECRET\""));
    }

    /** A needless search would withhold long answers. */
    @Test
    void anAnswerWithoutSecretsIsNotScanned() {
        assertThat(RestFixture.of("github")
                        .understood(RestFixture.call("DELETE /repos/acme/shop/keys/7", ""))
                        .redaction())
                .isEmpty();
    }
}
