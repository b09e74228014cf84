package dev.interlock.setup;

import dev.interlock.setup.ListedTool.ToolHints;
import dev.interlock.setup.ToolArgument.Kind;
import dev.interlock.setup.ToolJudgement.Effect;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What a stranger's tool does by each text of the argument that says which of several things it does. */
final class ToolChoices {

    private ToolChoices() {}

    /** Returns the one required argument that says so. */
    static Optional<ToolArgument> chooser(ListedTool tool) {
        List<ToolArgument> all = tool.arguments().stream()
                .filter(argument -> argument.isRequired()
                        && argument.kind() == Kind.TEXT
                        && argument.name().matches("action|operation|method|command")
                        && argument.choices().size() > 1
                        && argument.choices().stream()
                                .allMatch(choice -> choice.matches("[A-Za-z][A-Za-z0-9_-]{0,60}")))
                .toList();
        return all.size() == 1 ? Optional.of(all.getFirst()) : Optional.empty();
    }

    /**
     * Judges each choice as a tool of its own: its text, and the things in the tool's name. What the server says of the
     * tool as a whole counts for each that does more than read. Empty if none would pass.
     */
    static Map<String, ToolJudgement> of(ListedTool tool) {
        Optional<ToolArgument> chooser = chooser(tool);
        if (chooser.isEmpty() || new Name(tool).isHarm()) {
            return Map.of();
        }
        Map<String, ToolJudgement> choices = new LinkedHashMap<>();
        for (String choice : chooser.get().choices()) {
            ToolJudgement alone = judged(tool, chooser.get(), choice, "", ToolHints.NONE);
            choices.put(
                    choice,
                    alone.effect() == Effect.READS
                            ? alone
                            : judged(tool, chooser.get(), choice, tool.text(), tool.hints()));
        }
        return choices.values().stream().anyMatch(choice -> choice.effect().passes())
                        && choices.values().stream()
                                .anyMatch(choice -> !choice.effect().passes())
                ? choices
                : Map.of();
    }

    private static ToolJudgement judged(
            ListedTool tool, ToolArgument chooser, String choice, String text, ToolHints hints) {
        String things = String.join("_", new Name(tool).things());
        return ToolJudgement.of(new ListedTool(
                things.isEmpty() ? choice : choice + "_" + things,
                text,
                tool.arguments().stream()
                        .filter(argument -> !argument.equals(chooser))
                        .toList(),
                hints));
    }

    /** The name of a tool that does several things, as `issue_write` or `manage_users`. */
    private record Name(ListedTool tool) {

        private Stream<String> words() {
            return Words.split(tool.name()).stream();
        }

        boolean isHarm() {
            return words().anyMatch(ToolJudgement::isPlainLoss);
        }

        List<String> things() {
            return words().filter(word -> !word.equals("write") && !word.equals("manage") && !word.equals("read"))
                    .toList();
        }
    }
}
