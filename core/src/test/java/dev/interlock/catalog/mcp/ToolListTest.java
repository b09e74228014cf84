package dev.interlock.catalog.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.graphql.Value;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ToolListTest {

    private static ToolList.Reading read(String message) {
        return ToolList.read(Bytes.utf8(message));
    }

    @Test
    void onlyWhatIsKnownIsWritten() {
        String message =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"Result\":{},\"result\":{\"nextCursor\":\"c\",\"Tools\":[],\"note\":1,"
                        + "\"tools\":[{\"name\":\"a\",\"_meta\":{},\"icons\":[]},{\"name\":\"b\"}]}}";
        assertThat(read(message)).isInstanceOfSatisfying(ToolList.ListOfTools.class, read -> {
            assertThat(read.list().cursor()).contains("c");
            assertThat(read.list().written(tool -> tool.name().equals("a"), _ -> false))
                    .isEqualTo(Bytes.utf8("{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":{\"nextCursor\":\"c\","
                            + "\"tools\":[{\"name\":\"a\"}]}}"));
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "[]",
                "[{\"result\":{\"tools\":[]}}]",
                "{\"result\":{}}",
                "{\"result\":{\"tools\":{}}}",
                "{\"result\":{\"tools\":[{}]}}",
                "{\"result\":{\"tools\":[{\"name\":\"a\"},{\"name\":\"a\"}]}}",
                "{\"result\":{\"tools\":[]},\"result\":{\"tools\":[]}}",
                "{\"result\":{\"tools\":[],\"tools\":[]}}",
                "{\"result\":{\"tools\":[]}} {}"
            })
    void whatReadersCouldReadInTwoWaysIsNoList(String message) {
        assertThat(read(message)).isInstanceOf(ToolList.Unreadable.class);
    }

    @Test
    void whetherAToolRunsAsATaskIsWrittenWhereItMay() {
        String message = "{\"id\":1,\"result\":{\"tools\":["
                + "{\"name\":\"a\",\"execution\":{\"taskSupport\":\"required\",\"more\":1}},"
                + "{\"name\":\"b\",\"execution\":{\"taskSupport\":\"optional\"}},"
                + "{\"name\":\"c\",\"execution\":{\"taskSupport\":\"forbidden\"}}]}}";
        assertThat(read(message))
                .isInstanceOfSatisfying(
                        ToolList.ListOfTools.class,
                        read -> assertThat(read.list().written(_ -> true, tool -> !tool.equals("b")))
                                .isEqualTo(Bytes.utf8("{\"id\":1,\"result\":{\"tools\":["
                                        + "{\"execution\":{\"taskSupport\":\"required\"},\"name\":\"a\"},"
                                        + "{\"name\":\"b\"},{\"name\":\"c\"}]}}")));
    }

    @Test
    void errorsAndOtherMessagesAreNoLists() {
        assertThat(read("{\"id\":1,\"error\":{\"code\":1},\"Result\":{\"tools\":[]}}"))
                .isEqualTo(new ToolList.ListError(
                        new Value.Numeric(BigDecimal.ONE), Bytes.utf8("{\"error\":{\"code\":1},\"id\":1}")));
        assertThat(read("{\"method\":\"notifications/message\",\"result\":{\"tools\":[]}}"))
                .isInstanceOf(ToolList.OtherMessage.class);
    }

    @Test
    void anEmptyCursorIsTheEnd() {
        assertThat(read("{\"result\":{\"tools\":[],\"nextCursor\":\"\"}}"))
                .isInstanceOfSatisfying(
                        ToolList.ListOfTools.class,
                        read -> assertThat(read.list().cursor()).isEmpty());
    }
}
