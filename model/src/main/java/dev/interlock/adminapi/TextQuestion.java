package dev.interlock.adminapi;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;

/** Questions about the erasure of texts in receipts, and about legal holds. */
public sealed interface TextQuestion<A extends Record> extends Question<A> {

    @AdminCommand(
            name = "texts.list",
            users = Entitlement.SOCKET,
            about =
                    "The legal `holds`. With `subject`, how many `receipts` would lose their texts, how many have it in the `clear`, and what prevents it: holds (`held`), and what has not ended (`standing`)")
    record ListTexts(Optional<String> subject) implements TextQuestion<ListedTexts> {}

    record ListedTexts(long receipts, long clear, List<String> held, List<String> standing, List<Json.Members> holds) {}

    @AdminCommand(
            name = "texts.prepare",
            users = Entitlement.SOCKET,
            about =
                    "`statement` is to be signed in `interlock-texts@v1`. The `act` of `order` is `erase`, with `subject`; `hold`, with `name`, of receipts that match all of `subject`, `of`, `from` and `until`; or `lift`, with `name`; each perhaps with `reason`")
    record PrepareTexts(Json.Members order) implements TextQuestion<StatementToSign> {}

    @AdminCommand(name = "texts.order", users = Entitlement.SOCKET, receipt = "before, of every try")
    record OrderTexts(@Flat SignedStatement signed) implements TextQuestion<OrderedTexts> {}

    record OrderedTexts(String person, String keyClass, long receipts, long clear) {}
}
