package dev.interlock.drill;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Has an independent process check a copy of the ledger, and then the same copy with one byte altered. The keys come
 * from outside the log.
 *
 * @param log the log's key, stored apart from the log
 * @param seal the seal in force
 * @param sealer the OpenSSH public key that made it
 */
record LedgerVerification(DrillProgram program, String log, Path seal, String sealer) {

    private static final Pattern COUNT = Pattern.compile("\"size\"\\s*:\\s*([0-9]+)");

    DemoReport.LedgerCheck check(Path ledger, Optional<String> receipt) throws IOException, InterruptedException {
        DrillProgram.ProgramOutput whole = verify(ledger);
        Matcher count = COUNT.matcher(whole.out());
        long receipts = count.find() ? Long.parseLong(count.group(1)) : 0;
        boolean named = false;
        if (receipt.isPresent() && alter(ledger, receipt.get())) {
            DrillProgram.ProgramOutput altered = verify(ledger);
            named = altered.exit() != 0 && altered.out().contains(receipt.get());
        }
        return new DemoReport.LedgerCheck(receipts, whole.exit() == 0, receipt, named);
    }

    private DrillProgram.ProgramOutput verify(Path ledger) throws IOException, InterruptedException {
        List<String> command = program.verifier(
                "verify", ledger + "", "--json", "--vkey", log, "--seal", seal + "", "--seal-key", sealer);
        return DrillProgram.run(command, "");
    }

    /**
     * Changes one digit of the time in {@code receipt}, wherever the ledger stores its bytes. The members are sorted,
     * so {@code at} is before {@code id}.
     */
    static boolean alter(Path ledger, String receipt) throws IOException {
        boolean altered = false;
        for (Path file : DirectoryTrees.files(ledger)) {
            String text = Files.readString(file, StandardCharsets.ISO_8859_1);
            int id = text.indexOf("\"id\":\"" + receipt + "\"");
            int at = id < 0 ? -1 : text.lastIndexOf("\"at\":\"", id);
            if (at >= 0) {
                byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
                bytes[at + "\"at\":\"".length()] ^= 1;
                Files.write(file, bytes);
                altered = true;
            }
        }
        return altered;
    }
}
