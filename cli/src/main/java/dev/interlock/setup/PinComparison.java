package dev.interlock.setup;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.KnownServers.KnownServer;
import dev.interlock.catalog.McpTools;
import dev.interlock.catalog.mcp.ToolPin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How the tools of a server differ from those of a catalog: {@code gone} are those that the server does not list,
 * {@code hidden} those with characters that nobody sees, {@code added} those that the catalog could list too.
 */
public record PinComparison(
        Map<String, List<String>> changed,
        List<String> unpinned,
        List<String> gone,
        List<String> hidden,
        List<ToolProposal> added) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static PinComparison of(McpTools tools, McpDirectory.Listing listing, Optional<KnownServer> server) {
        Map<String, List<String>> changed = new TreeMap<>();
        List<String> unpinned = new ArrayList<>();
        List<String> gone = new ArrayList<>();
        List<String> hidden = new ArrayList<>();
        for (String name : tools.names().stream().sorted().toList()) {
            ToolPin now = listing.pins().get(name);
            ToolPin pinned = tools.pins().get(name);
            if (now == null) {
                gone.add(name);
            } else if (now.hasHiddenText()) {
                hidden.add(name);
            } else if (pinned == null) {
                unpinned.add(name);
            } else if (!pinned.changedIn(now).isEmpty()) {
                changed.put(name, pinned.changedIn(now));
            }
        }
        List<ToolProposal> added = new ArrayList<>();
        for (ListedTool tool : listing.tools()) {
            ToolProposal proposal = ToolProposal.of(tool, server).within(tools.segments());
            ToolPin now = listing.pins().get(tool.name());
            if (now == null || tools.names().contains(tool.name())) {
                continue;
            }
            if (now.hasHiddenText()) {
                hidden.add(tool.name());
            } else if (proposal.canBeListed()) {
                added.add(proposal);
            }
        }
        return new PinComparison(changed, unpinned, gone, hidden, added);
    }

    /** Both in lines, without those at the beginning and the end that are the same. */
    public static List<String> difference(ToolPin before, ToolPin after, String member) {
        return difference(lines(before, member), lines(after, member));
    }

    public static List<String> difference(List<String> old, List<String> now) {
        int same = 0;
        while (same < Math.min(old.size(), now.size()) && old.get(same).equals(now.get(same))) {
            same++;
        }
        int end = 0;
        while (end < Math.min(old.size(), now.size()) - same
                && old.get(old.size() - 1 - end).equals(now.get(now.size() - 1 - end))) {
            end++;
        }
        List<String> difference = new ArrayList<>();
        old.subList(same, old.size() - end).forEach(line -> difference.add("- " + line));
        now.subList(same, now.size() - end).forEach(line -> difference.add("+ " + line));
        return difference;
    }

    public static List<String> lines(ToolPin pin, String member) {
        return indented(pin.text(member)).lines().map(VisibleText::line).toList();
    }

    private static String indented(String text) {
        if (!text.startsWith("{")) {
            return text;
        }
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(JSON.readTree(text));
        } catch (JsonProcessingException _) { // a description that begins like this
            return text;
        }
    }
}
