package dev.interlock.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.drill.railway.RailwaySimulator;
import dev.interlock.inventory.ProviderTokens.ProviderToken;
import dev.interlock.inventory.ProviderTokens.ProviderToken.TokenMark;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests providers' own tokens: Railway's from its simulator, GitHub's in the documented form. */
final class ProviderTokensTest {

    @TempDir
    Path directory;

    private final TestingClock clock = new TestingClock();

    private static Set<TokenMark> marks(ProviderTokens tokens, String name) {
        return tokens.all().stream()
                .filter(token -> token.name().equals(name))
                .findFirst()
                .orElseThrow()
                .marks();
    }

    @Test
    void railwaysTokensAreListedByWhatTheyReach() throws Exception {
        try (RailwaySimulator railway = RailwaySimulator.start(directory.resolve("state"));
                HttpsAsker asker = new HttpsAsker(railway.authority(), "rw_resolver-account-token")) {
            URI address = URI.create("https://127.0.0.1:" + railway.port());
            Inventory inventory = new Inventory(asker, clock.utc(), BuiltIn.FACTS);
            Seal bound = TestingSeal.bound(address).seal();

            ProviderTokens tokens = inventory.tokens(bound, upstream(bound));
            assertThat(tokens.unread()).isEmpty();
            assertThat(tokens.all())
                    .extracting(ProviderToken::name)
                    .containsExactlyInAnyOrder("found", "resolver", "staging");
            assertThat(marks(tokens, "found")).contains(TokenMark.UNKNOWN, TokenMark.BROAD, TokenMark.NEVER_EXPIRES);
            assertThat(marks(tokens, "staging")).contains(TokenMark.UNKNOWN).doesNotContain(TokenMark.BROAD);

            Seal unplaced = TestingSeal.empty(address).seal();
            assertThat(marks(inventory.tokens(unplaced, upstream(unplaced)), "staging"))
                    .as("what nobody placed counts as protected")
                    .contains(TokenMark.BROAD);
            assertThat(tokens.toString()).doesNotContain("rw_", "****");
        }
    }

    @Test
    void withoutAResolverNothingIsAsked() {
        Seal seal = TestingSeal.empty(URI.create("https://localhost"))
                .withoutResolver()
                .seal();
        Inventory inventory = new Inventory(
                (_, _) -> {
                    throw new AssertionError("asked");
                },
                clock.utc(),
                BuiltIn.FACTS);
        assertThatThrownBy(() -> inventory.tokens(seal, upstream(seal)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no resolver");
    }

    private static Seal.Upstream upstream(Seal seal) {
        return seal.upstreams().get("railway");
    }

    private ProviderTokens github(Map<String, String> answers, List<String> asked) throws IOException {
        Seal seal = TestingSeal.empty(URI.create("https://api.github.com")).seal();
        Resource repository = new Resource("github", "repository", "acme/shop");
        Seal.Upstream upstream = new Seal.Upstream(
                "github",
                "github",
                URI.create("https://api.github.com"),
                Optional.empty(),
                List.of(new Seal.CredentialSlot(
                        "github-read", Set.of("staging"), Set.of(Impact.READ), "authorization", "Bearer")),
                Optional.of("github-read"),
                Map.of(repository, new Placement(repository, Set.of("production"), Set.of(), Provenance.SEALED, true)),
                List.of());
        ResolverQuery asker = (_, call) -> {
            asked.add(HttpCall.of(call).method() + " " + HttpCall.of(call).path());
            String answer = answers.get(HttpCall.of(call).path());
            if (answer == null) {
                throw new IOException("404");
            }
            return Bytes.utf8(answer.replace('\'', '"'));
        };
        return new Inventory(asker, clock.utc(), BuiltIn.FACTS).tokens(seal, upstream);
    }

    private static final String KEYS = "/repos/acme/shop/keys";
    private static final String APPS = "/orgs/acme/installations";
    private static final String PERSONAL = "/orgs/acme/personal-access-tokens";

    @Test
    void githubsAreThoseOfTheSealedRepositoriesAndTheirOwners() throws Exception {
        List<String> asked = new ArrayList<>();
        ProviderTokens tokens = github(
                Map.of(
                        KEYS,
                        "[{'id':1,'title':'deploy\\u001b[2J','read_only':false,'created_at':'2020-01-01T00:00:00Z',"
                                + "'last_used':null,'key':'ssh-rsa AAAA'}]",
                        APPS,
                        "{'total_count':1,'installations':[{'id':2,'app_slug':'ci','repository_selection':'all',"
                                + "'created_at':'2020-01-01T00:00:00Z'}]}",
                        PERSONAL,
                        "[{'id':3,'token_name':'github-read','repository_selection':'subset','owner':{'login':'ann'},"
                                + "'access_granted_at':'" + clock.instant() + "','token_last_used_at':'"
                                + clock.instant() + "','token_expires_at':'2999-01-01T00:00:00Z'}]"),
                asked);

        assertThat(asked).containsExactlyInAnyOrder("GET " + KEYS, "GET " + APPS, "GET " + PERSONAL);
        assertThat(marks(tokens, "deploy\uFFFD[2J"))
                .contains(TokenMark.UNKNOWN, TokenMark.BROAD, TokenMark.UNUSED, TokenMark.OLD, TokenMark.NEVER_EXPIRES);
        assertThat(marks(tokens, "ci")).contains(TokenMark.BROAD, TokenMark.OLD).doesNotContain(TokenMark.UNUSED);
        assertThat(marks(tokens, "github-read")).containsExactly(TokenMark.KNOWN);
        assertThat(tokens.all().getLast().name()).as("red ones first").isEqualTo("github-read");
        assertThat(tokens.toString()).doesNotContain("ssh-rsa", "AAAA");
    }

    @Test
    void twoTokensOfOneNameAreNotMatchedToTheVault() throws Exception {
        String one = "{'id':%d,'title':'github-read','read_only':true,'created_at':'2026-01-01T00:00:00Z'}";
        ProviderTokens tokens =
                github(Map.of(KEYS, "[" + one.formatted(1) + "," + one.formatted(2) + "]"), new ArrayList<>());
        assertThat(tokens.all())
                .hasSize(2)
                .allMatch(token -> token.marks().contains(TokenMark.UNKNOWN) && token.isRed());
        assertThat(tokens.unread()).hasSize(2).allMatch(why -> why.contains("acme"));
    }

    @Test
    void anUnclearAnswerIsRefused() throws Exception {
        for (String answer : List.of("{}", "[{}]", "[{'id':1,'title':1,'read_only':true}]", "[1]", "", "[")) {
            ProviderTokens tokens = github(Map.of(KEYS, answer), new ArrayList<>());
            assertThat(tokens.unread()).as(answer).anyMatch(why -> why.contains("deploy keys of acme/shop"));
        }
    }
}
