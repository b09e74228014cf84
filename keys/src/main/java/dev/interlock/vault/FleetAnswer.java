package dev.interlock.vault;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;

/**
 * What the keys process makes of the rows of its fleet.
 *
 * @param wanted the names of the rows to bring
 * @param rows what to write, each if the store has a lower version
 * @param troubles whole sentences for people
 * @param fingerprint the key of the fleet's fingerprints, once it is known
 */
public record FleetAnswer(
        List<String> wanted, List<FleetRow> rows, List<String> troubles, Optional<Bytes> fingerprint) {

    static final FleetAnswer NONE = new FleetAnswer(List.of(), List.of(), List.of(), Optional.empty());

    public FleetAnswer {
        wanted = List.copyOf(wanted);
        rows = List.copyOf(rows);
        troubles = List.copyOf(troubles);
    }

    Json.Members json() {
        return Json.object()
                .with("answer", "fleet")
                .withTexts("wanted", wanted)
                .withItems("rows", rows.stream().map(FleetRow::json))
                .withTexts("troubles", troubles)
                .withOptional("fingerprint", fingerprint.map(KeysProtocol::base64));
    }

    static FleetAnswer read(Json.Members fields) {
        return new FleetAnswer(
                fields.texts("wanted"),
                fields.objects("rows").stream().map(FleetRow::read).toList(),
                fields.texts("troubles"),
                fields.optionalText("fingerprint").map(KeysProtocol::bytes));
    }
}
