package dev.interlock.drill;

import dev.interlock.linux.ShellWords;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The suggestions of what to try while a drill keeps running, in a directory of the agent's. Every line can be pasted
 * into a shell, from any directory.
 */
record ServingHints(DrillStage stage, Path workspace) {

    private static final String QUERY =
            "{\"query\":\"{ environment(id: \\\"" + PocketOs.STAGING + "\\\") { name } }\"}";

    List<String> lines() {
        String interlock = ShellWords.quoted(System.getProperty("interlock.launcher", "interlock"));
        String config = " --config " + ShellWords.quoted(stage.gateway().configuration());
        String task = " --agent jer/cursor --task fix-staging";
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add("  Still running; Ctrl-C ends it. Try, in another terminal:");
        lines.add("    " + interlock + " status" + config);
        lines.add("    " + interlock + " receipts" + config);
        lines.add("    " + interlock + " run" + config + task + " --workspace " + ShellWords.quoted(workspace)
                + " -- sh");
        lines.add("    LEASE=$(" + interlock + " lease issue" + config + task + ")");
        lines.add("    curl -sS http://127.0.0.1:" + stage.gateway().port() + "/railway/graphql/v2 -d '" + QUERY + "' -H \"Authorization: Bearer $LEASE\" -H 'Content-Type: application/json'");
        lines.add("");
        lines.add("  For the transcript in docs/start.md, so that you need no account of your own.");
        lines.add("  They lead to the first provider: its bookings are gone, its scratch volume is still there;");
        lines.add("  the gateway above guards the second:");
        stage.transcript().forEach((name, value) -> lines.add("    export " + name + "=" + ShellWords.quoted(value)));
        return lines;
    }
}
