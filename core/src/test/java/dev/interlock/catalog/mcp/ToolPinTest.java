package dev.interlock.catalog.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ToolPinTest {

    private static ToolPin listed(String members) {
        Bytes message = Bytes.utf8("{\"id\":1,\"result\":{\"tools\":[{\"name\":\"a\"" + members + "}]}}");
        if (ToolList.read(message) instanceof ToolList.ListOfTools(ToolList list)) {
            return list.tools().getFirst();
        }
        throw new AssertionError("no list");
    }

    @Test
    void aPinIsReadAsItIsWritten() {
        ToolPin pin = listed(",\"description\":\"it's\\n\\\"so\\\"\","
                + "\"inputSchema\":{\"type\":\"object\",\"maximum\":1.50e2,\"a\":[true,null]}");
        assertThat(pin.text())
                .isEqualTo("{\"description\":\"it's\\n\\\"so\\\"\",\"inputSchema\":{\"a\":[true,null],\"maximum\":150,"
                        + "\"type\":\"object\"},\"name\":\"a\"}");
        assertThat(ToolPin.read(pin.text())).isEqualTo(pin);
        assertThat(ToolPin.read(pin.text()).changedIn(pin)).isEmpty();
    }

    /** Only what a model reads counts, in whichever order. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                ",\"annotations\":{\"b\":1.0,\"a\":2},\"title\":\"t\"",
                ",\"title\":\"t\",\"_meta\":{\"x\":1},\"annotations\":{\"a\":2,\"b\":1},\"icons\":[]"
            })
    void aToolThatSaysTheSameIsUnchanged(String members) {
        assertThat(listed(",\"title\":\"t\",\"annotations\":{\"a\":2,\"b\":1}").changedIn(listed(members)))
                .isEmpty();
    }

    @Test
    void eachMemberThatDiffersOrIsMissingIsNamed() {
        ToolPin pin = listed(",\"title\":\"t\",\"description\":\"d\",\"outputSchema\":{\"type\":\"object\"}");
        assertThat(pin.changedIn(
                        listed(",\"title\":\"T\",\"inputSchema\":{},\"outputSchema\":{\"type\":[\"object\"]}")))
                .isEqualTo(List.of("title", "description", "inputSchema", "outputSchema"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "[]",
                "{\"name\":1}",
                "{\"name\": \"a\"}",
                "{\"name\":\"a\",\"name\":\"a\"}",
                "{\"name\":\"a\",\"more\":1}",
                "{\"name\":\"a\",\"description\":\"\\u0061\"}"
            })
    void whatIsNotInTheOneFormIsNoPin(String text) {
        assertThatThrownBy(() -> ToolPin.read(text)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Tags, a change of direction, widths of zero, variations, fillers, codes for private use, and the like. */
    @ParameterizedTest
    @ValueSource(
            ints = {
                0x0, 0x1b, 0x7f, 0x85, 0xad, 0x34f, 0x61c, 0x115f, 0x17b4, 0x180e, 0x200b, 0x200d, 0x202e, 0x2028,
                0x2060, 0x2066, 0x3164, 0xe000, 0xfe00, 0xfeff, 0xffa0, 0xfff9, 0xe0001, 0xe0061, 0xe0100, 0xf0000,
                0x10ffff
            })
    void aCharacterThatNobodySeesIsFoundAnywhere(int character) {
        String escaped = escaped(character);
        for (String members : List.of(
                ",\"title\":\"a" + escaped + "\"",
                ",\"description\":\"" + escaped + "a\"",
                ",\"inputSchema\":{\"properties\":{\"a" + escaped + "\":{}}}",
                ",\"inputSchema\":{\"enum\":[[\"" + escaped + "\"]]}",
                ",\"annotations\":{\"title\":\"" + escaped + "\"}")) {
            assertThat(listed(members).hasHiddenText()).as(members).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"two\\nlines\\r\\n\\tand more", "Größe, 大小, размер", "\u2764\ufe0f \ud83d\ude00", "a\u0301"})
    void whatPeopleReadIsNotHidden(String text) {
        assertThat(listed(",\"description\":\"" + text + "\"").hasHiddenText()).isFalse();
    }

    private static String escaped(int character) {
        StringBuilder escaped = new StringBuilder();
        for (char unit : Character.toChars(character)) {
            escaped.append("\\u").append("%04x".formatted((int) unit));
        }
        return escaped.toString();
    }
}
