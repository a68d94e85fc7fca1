//! A change → read all, compile all → publish one new set of rules, or keep the last good one.
