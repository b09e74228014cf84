package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests which arguments receipts hold in words, and of which they hold only a digest. */
final class FreeTextFactsTest {

    private static final String CATALOG = """
            format: interlock-catalog@v1
            provider: acme
            protocol: rest
            carriers: {headers: [authorization], query: [], cookies: []}
            forwarded-headers: [accept, x-mode]
            plain: [body.kind, query.kind]
            resources: {disk: "{disk}"}
            operations:
              disks/update:
                request: PATCH /disks/{disk} ?kind note {kind:* note:*}
                impacts: [write]
                reversibility: reversible
                facts: [body.kind, body.note, query.kind, query.note, header.x-mode]
            """;

    private static RestFixture acme() {
        return new RestFixture(Catalogs.read("acme.yaml", Bytes.utf8(CATALOG)));
    }

    private static boolean isSalted(String member, String json) {
        Action action = acme().action("PATCH /disks/d1", "{\"" + member + "\": " + json + "}");
        List<Fact> facts = action.facts().stream()
                .filter(fact -> fact.name().equals("argument.body." + member))
                .toList();
        assertThat(facts).hasSize(1);
        return facts.getFirst().isSalted();
    }

    /** A catalog that says nothing reveals nothing. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'\"main\"' | true",
                "'\"4711\"' | true",
                "'\"true\"' | true",
                "'[\"main\"]' | true",
                "'{\"a\": 1}' | true",
                "'[80, 443]' | true", // the bytes of a key are a list of numbers
                "'1234567890123' | true",
                "'\"\"' | false",
                "'443' | false",
                "'-1.5' | false",
                "'true' | false",
                "'null' | false",
                "'[]' | false",
                "'[true, null]' | false",
                "'{}' | false",
            })
    void aTextThatTheCatalogDoesNotListIsADigest(String json, boolean salted) {
        assertThat(isSalted("note", json)).isEqualTo(salted);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'\"main\"' | false",
                "'\"feature/x_1.2-é\"' | false",
                "'[\"main\", 443, true]' | false",
                "'{\"contents\": \"read\"}' | false",
                "'{\"contents\": \"read it\"}' | true",
                "'{\"con tents\": \"read\"}' | true",
                "'[\"main\", \"my password\"]' | true",
                "'\"my password\"' | true",
                "'\"line\\nline\"' | true",
                "'\"no\\u00a0break\"' | true",
            })
    void aListedTextIsRecordedIfItIsASingleWord(String json, boolean salted) {
        assertThat(isSalted("kind", json)).isEqualTo(salted);
        assertThat(isSalted("kind", "\"" + "x".repeat(200) + "\"")).isFalse();
        assertThat(isSalted("kind", "\"" + "x".repeat(201) + "\"")).isTrue();
    }

    /** Otherwise an agent could write the digest of something else, and people would be shown that. */
    @Test
    void aTextThatLooksLikeADigestIsADigestItself() {
        assertThat(isSalted("kind", "\"salted-sha256:" + "0".repeat(64) + "\"")).isTrue();
        assertThat(isSalted("kind", "\"salted-sha256:" + "0".repeat(63) + "\"")).isFalse();
    }

    @Test
    void parametersAreRecordedByTheSameRule() {
        HttpCall call = RestFixture.call("PATCH /disks/d1?kind=main&note=hunter2", "{}");
        assertThat(HttpCall.of(acme().understood(call).outgoing()).query())
                .containsExactly(
                        new HttpCall.Parameter("kind", "main", false), new HttpCall.Parameter("note", "hunter2", true));
        HttpCall other = RestFixture.call("PATCH /disks/d1?kind=a+b c&note=443", "{}");
        assertThat(HttpCall.of(acme().understood(other).outgoing()).query())
                .containsExactly(
                        new HttpCall.Parameter("kind", "a+b c", true), new HttpCall.Parameter("note", "443", false));
    }

    /** What names a resource is recorded with it anyway. */
    @Test
    void theParametersOfAPathAreRecorded() {
        assertThat(acme().action("PATCH /disks/my-disk", "{}").facts())
                .filteredOn(fact -> fact.name().equals("argument.disk"))
                .extracting(Fact::isSalted)
                .containsExactly(false);
    }

    @Test
    void aListedPathMustBeAFact() {
        for (String listed : List.of("body.kimd", "body.kind, body.kind")) {
            String wrong = CATALOG.replace("[body.kind, query.kind]", "[" + listed + "]");
            assertThatThrownBy(() -> Catalogs.read("acme.yaml", Bytes.utf8(wrong)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("plain.[");
        }
    }
}
