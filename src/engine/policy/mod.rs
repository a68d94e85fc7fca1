//! Policy files → [`PolicySet`], or every error in them.
