package dev.interlock.console;

import java.util.ArrayList;
import java.util.List;

/** The difference between two texts by lines: a longest common subsequence, and three lines around each change. */
final class Diff {

    /** Limits the lines on either side, so that the table has a million cells at most. */
    private static final int MAX_LINES = 1_000;

    private static final int AROUND = 3;

    private Diff() {}

    /** A line of the difference. {@code sign} is a plus, a minus, a space, or an ellipsis where lines are left out. */
    record Line(char sign, String text) {}

    static List<Line> changes(String before, String after) {
        if (before.equals(after)) {
            return List.of();
        }
        List<String> a = before.lines().toList();
        List<String> b = after.lines().toList();
        if (a.size() > MAX_LINES || b.size() > MAX_LINES) {
            return List.of(new Line('…', "too much has changed to show it line by line"));
        }
        return shortened(all(a, b, common(a, b)));
    }

    private static int[][] common(List<String> a, List<String> b) {
        int[][] length = new int[a.size() + 1][b.size() + 1];
        for (int i = a.size() - 1; i >= 0; i--) {
            for (int j = b.size() - 1; j >= 0; j--) {
                length[i][j] = a.get(i).equals(b.get(j))
                        ? length[i + 1][j + 1] + 1
                        : Math.max(length[i + 1][j], length[i][j + 1]);
            }
        }
        return length;
    }

    private static List<Line> all(List<String> a, List<String> b, int[][] common) {
        List<Line> lines = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < a.size() || j < b.size()) {
            if (i < a.size() && j < b.size() && a.get(i).equals(b.get(j))) {
                lines.add(new Line(' ', a.get(i++)));
                j++;
            } else if (j == b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1])) {
                lines.add(new Line('-', a.get(i++)));
            } else {
                lines.add(new Line('+', b.get(j++)));
            }
        }
        return lines;
    }

    private static List<Line> shortened(List<Line> all) {
        List<Line> near = new ArrayList<>();
        boolean left = false;
        for (int i = 0; i < all.size(); i++) {
            if (isNearChange(all, i)) {
                near.add(all.get(i));
                left = false;
            } else if (!left) {
                near.add(new Line('…', ""));
                left = true;
            }
        }
        return near;
    }

    private static boolean isNearChange(List<Line> all, int at) {
        for (int i = Math.max(0, at - AROUND); i <= Math.min(all.size() - 1, at + AROUND); i++) {
            if (all.get(i).sign() != ' ') {
                return true;
            }
        }
        return false;
    }
}
