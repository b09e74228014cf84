package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a body is refused if one JSON reader finds a deciding member in it and another reader does not. */
final class MemberSpellingTest {

    private static final String BRANCHES = "POST /api/v2/projects/p/branches";

    /** Go's readers take these for {@code expires_at}, and so do protobuf's. */
    @ParameterizedTest
    @ValueSource(strings = {"Expires_at", "EXPIRES_AT", "expire\u017f_at", "expiresAt", "expires-at", "_expires_at"})
    void alternativeSpellingsOfADecisiveMemberAreRefused(String name) {
        CallReading.CallRejection refused = RestFixture.of("neon")
                .refused(RestFixture.call(
                        BRANCHES, "{\"branch\":{\"name\":\"x\",\"" + name + "\":\"2026-01-01T00:00:00Z\"}}"));
        assertThat(refused.reason()).contains("almost like `expires_at`");
        assertThat(refused.next()).contains("`expires_at`");
    }

    /** A member that decides the environments counts even if nothing is lost by it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            neon    | POST /api/v2/projects/p/branches  | {"branch":{"Parent_id":"main"}}
            neon    | POST /api/v2/projects/p/endpoints | {"endpoint":{"branchId":"main","type":"read_write"}}
            hetzner | POST /v1/servers                  | {"name":"s","server_type":"cx22","image":"ubuntu-24.04","public_net":{"IPv4":7}}
            """)
    void spellingsOfFurtherResourcesAreChecked(String provider, String request, String body) {
        assertThat(RestFixture.of(provider)
                        .refused(RestFixture.call(request, body))
                        .reason())
                .contains("almost like");
    }

    @Test
    void otherMembersMayBeSpelledFreely() {
        // Names that people choose, among which no member is searched.
        RestFixture.of("neon")
                .understood(RestFixture.call(BRANCHES, "{\"branch\":{\"name\":\"x\",\"expires\":1,\"at\":2}}"));
        RestFixture.of("hetzner")
                .understood(RestFixture.call("POST /v1/volumes", "{\"name\":\"v\",\"labels\":{\"Name\":\"x\"}}"));
    }

    @Test
    void listsAndFreelyNamedMembersAreChecked() {
        RestFixture.of("hetzner")
                .refused(RestFixture.call(
                        "POST /v1/load_balancers",
                        "{\"name\":\"x\",\"targets\":[{\"type\":\"server\",\"Server\":{\"id\":42}}]}"));
        List<ArgumentPath> looked = List.of(ArgumentPath.parse("a.*.secret"), ArgumentPath.parse("a.plain"));
        MemberSpelling.requireExact(looked, Map.of("a", members("plain", members("secret", new Value.NullLiteral()))));
        assertThatThrownBy(() -> MemberSpelling.requireExact(
                        looked, Map.of("a", members("plain", members("Secret", new Value.NullLiteral())))))
                .isInstanceOf(UnreadableException.class);
        assertThatThrownBy(() ->
                        MemberSpelling.requireExact(looked, Map.of("a", members("Plain", new Value.NullLiteral()))))
                .isInstanceOf(UnreadableException.class);
    }

    @Test
    void openGraphqlArgumentsAreChecked() {
        assertThat(RailwayFixture.refused(
                                RailwayFixture.document("mutation { environmentPatchCommit(environmentId: \"stg\","
                                        + " patch: {Volumes: {shared: {isDeleted: true}}}) }"))
                        .reason())
                .contains("almost like `volumes`");
    }

    @Test
    void spellingsOfMembersInConditionsAreChecked() {
        ArgumentCondition without = ArgumentCondition.without(ArgumentPath.parse("a.b"), Set.of("type"));
        assertThat(ArgumentCondition.all(List.of(without)).readPaths()).containsExactly(ArgumentPath.parse("a.b.type"));
    }

    /** A comparison with the current state needs this too: of two lists, a server may use the other one. */
    @Test
    void spellingsOfReplacingMembersAreChecked() {
        RestFixture.of("github")
                .refused(
                        RestFixture.call("PUT /repos/acme/shop/issues/1/labels", "{\"labels\":[\"a\"],\"Labels\":[]}"));
    }

    private static Value members(String name, Value value) {
        return new Value.Members(Map.of(name, value));
    }
}
