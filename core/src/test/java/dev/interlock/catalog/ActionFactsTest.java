package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Fact;
import dev.interlock.evidence.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ActionFactsTest {

    /** The text is part of a receipt, which cannot hold half a character: our own fault would refuse the call. */
    @Test
    void aLongTextEndsWithAWholeCharacter() {
        String text = "x".repeat(Fact.MAX_TEXT - 1) + "🚀 and more";
        assertThat(new Json.Text(Fact.shortened(text)).value())
                .isEqualTo("x".repeat(Fact.MAX_TEXT - 1) + "... (1010 characters)");
        assertThat(Fact.shortened("x" + text)).isEqualTo("x".repeat(Fact.MAX_TEXT) + "... (1011 characters)");
    }

    /** A policy refuses what it cannot read completely, so it must never take a part for the whole. */
    @Test
    void aPartOrADescriptionIsNotWhole() {
        for (int length = Fact.MAX_TEXT - 2; length < Fact.MAX_TEXT + 20; length++) {
            String text = "x".repeat(length);
            assertThat(Fact.isWhole(Fact.shortened(text))).as("%d", length).isEqualTo(length <= Fact.MAX_TEXT);
            assertThat(Fact.isWhole(Fact.shortened(text + "🚀"))).isEqualTo(length + 2 <= Fact.MAX_TEXT);
            assertThat(Fact.isWhole(text))
                    .as("a text that people see to its end")
                    .isTrue();
        }
        assertThat(Fact.isWhole("file a bug (5 bytes)")).isTrue();
    }

    /** Otherwise a policy about every entry would not know of this one. */
    @Test
    void anObjectWithoutTheMemberIsShownBesideTheOthers() {
        assertThat(paths("[{\"path\": \"a\", \"mode\": \"100644\"}, {\"mode\": \"100644\"}]"))
                .containsExactly("a", "null");
        assertThat(paths("[{\"mode\": \"100644\"}]")).isEmpty();
        assertThat(paths("[]")).isEmpty();
    }

    private static List<String> paths(String tree) {
        return RestFixture.facts(
                RestFixture.of("github")
                        .action("POST /repos/acme/shop/git/trees", "{\"base_tree\": \"a\", \"tree\": " + tree + "}"),
                "argument.body.tree.path");
    }
}
