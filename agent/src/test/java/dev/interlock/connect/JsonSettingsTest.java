package dev.interlock.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that members are set, and that everything else stays to the character. */
final class JsonSettingsTest {

    private static final List<SettingMember> WANTED = List.of(
            SettingMember.of("printenv LEASE", "apiKeyHelper"),
            SettingMember.of("http://127.0.0.1:7411/a", "env", "URL"));

    private static String with(String text, boolean comments) throws UnsupportedSettingsException {
        JsonSettings.EditedSettings edited = new JsonSettings(comments).with(text, WANTED);
        String back = edited.text();
        for (TextEdit splice : edited.splices().reversed()) {
            back = splice.back().in(back);
        }
        assertThat(back).as("the way back").isEqualTo(text);
        return edited.text();
    }

    @Test
    void whatIsMissingComesFirstAndNothingElseMoves() throws UnsupportedSettingsException {
        assertThat(with("{\n  \"model\": \"m\",\n  \"env\": {\n    \"A\": \"b\"\n  }\n}\n", false))
                .isEqualTo("""
                        {
                          "apiKeyHelper": "printenv LEASE",
                          "model": "m",
                          "env": {
                            "URL": "http://127.0.0.1:7411/a",
                            "A": "b"
                          }
                        }
                        """);
    }

    @Test
    void anEmptyObjectIsFilled() throws UnsupportedSettingsException {
        assertThat(with("{}", false)).isEqualTo("""
                        {
                          "env": {
                            "URL": "http://127.0.0.1:7411/a"
                          },
                          "apiKeyHelper": "printenv LEASE"
                        }""");
    }

    @Test
    void commentsAndCommasAtTheEndStay() throws UnsupportedSettingsException {
        String text =
                "// mine: {\"env\": 1}\n{ /* \"env\": {} */\n\t\"env\": { // why\n\t\t\"URL\": \"x\", /* } */\n\t},\n}";
        assertThat(with(text, true))
                .isEqualTo(text.replace("\"x\"", "\"http://127.0.0.1:7411/a\"")
                        .replaceFirst("\\{ /\\*", "{\n  \"apiKeyHelper\": \"printenv LEASE\", /*"));
    }

    @Test
    void existingMembersAreUnchanged() throws UnsupportedSettingsException {
        String once = with("{\"a\":[{\"env\":{\"URL\":1}}]}", false);
        assertThat(new JsonSettings(false).with(once, WANTED).differences()).isEmpty();
        assertThat(with(once, false)).isEqualTo(once);
    }

    @Test
    void linesEndAsTheyDid() throws UnsupportedSettingsException {
        assertThat(with("{\r\n  \"a\": 1\r\n}\r\n", false).replace("\r\n", "")).doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "null",
                "\"text\"",
                "{\"a\":1",
                "{} {}",
                "{\"a\":1,\"a\":2}",
                "{\"env\":{\"URL\":1},\"env\":{}}",
                "{\"env\":\"text\"}",
                "{\"env\":[]}",
                "{\"env\":null}",
                "{'a':1}",
                "{\"a\":NaN}",
                "// comment\n{}",
                "{\"a\":1,}",
            })
    void unclearSettingsAreRefused(String text) {
        assertThatThrownBy(() -> with(text, false))
                .isInstanceOf(UnsupportedSettingsException.class)
                .hasMessageStartingWith("It cannot be");
    }

    @Test
    void noSecretIsShown() throws UnsupportedSettingsException {
        String text = "{\"apiKeyHelper\":\"echo sk-ant-secret\",\"env\":{\"URL\":\"https://me:secret@example.com\"}}";
        assertThat(new JsonSettings(false).with(text, WANTED).differences())
                .extracting(SettingDifference::was)
                .containsExactly(Optional.of("(20 characters)"), Optional.of("(31 characters)"));
        String broken = "{\"apiKeyHelper\":\"echo sk-ant-secret\", oops sk-ant-secret}";
        assertThatThrownBy(() -> with(broken, false)).hasMessageNotContaining("secret");
    }
}
