//! The clusters that one query may see, as rows: a predicate over the virtual columns is evaluated on them like any other,
//! so that pruning means exactly what the filter means.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, MapBuilder, RecordBatch, StringArray, StringBuilder};
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::{DFSchema, DataFusionError};
use datafusion::execution::context::ExecutionProps;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::physical_expr::create_physical_expr;
use trawl_fleet::{Cluster, Inventory, glob_matches};
use trawl_plan::{ClusterSet, Fleet, virtuals};

use crate::error::Error;

/// Where rows come from: one row of the virtual columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    /// The cluster; none for rows of a connection rather than of a cluster.
    pub cluster: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// Its environment.
    pub environment: Option<String>,
    /// Its account.
    pub account: Option<String>,
    /// Its tags; none where nobody knows them.
    pub tags: Option<BTreeMap<String, String>>,
}

impl Place {
    /// The place of the rows of a cluster.
    pub fn of(cluster: &Cluster) -> Self {
        Self {
            cluster: Some(cluster.name.clone()),
            region: cluster.region.clone(),
            environment: cluster.environment.clone(),
            account: cluster.account.clone(),
            tags: Some(cluster.tags.clone()),
        }
    }

    /// The place of rows of a cluster of which nothing is known but its name.
    pub fn named(cluster: &str) -> Self {
        Self {
            cluster: Some(cluster.to_owned()),
            ..Self::default()
        }
    }

    /// The place of rows that are a connection's and no cluster's: region and account, where all of its clusters share them.
    pub fn connection(clusters: &[&Cluster]) -> Self {
        let Some((first, rest)) = clusters.split_first() else {
            return Self::default();
        };
        let same = |get: fn(&Cluster) -> &Option<String>| {
            rest.iter()
                .all(|cluster| get(cluster) == get(first))
                .then(|| get(first).clone())
                .flatten()
        };
        Self {
            region: same(|cluster| &cluster.region),
            account: same(|cluster| &cluster.account),
            ..Self::default()
        }
    }
}

/// The schema of the virtual columns.
pub fn schema() -> SchemaRef {
    let fields: Vec<Field> = virtuals::columns()
        .into_iter()
        .map(|(name, ty)| Field::new(name, ty.arrow(), true))
        .collect();
    Arc::new(Schema::new(fields))
}

/// The virtual columns of some places, one row each.
///
/// # Errors
/// Never for places of an inventory; Arrow's own otherwise.
pub fn rows(places: &[Place]) -> Result<RecordBatch, DataFusionError> {
    let text = |get: fn(&Place) -> Option<&str>| -> ArrayRef {
        Arc::new(places.iter().map(get).collect::<StringArray>())
    };
    let mut tags = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new())
        .with_keys_field(Arc::new(Field::new(
            "key",
            arrow::datatypes::DataType::Utf8,
            false,
        )))
        .with_values_field(Arc::new(Field::new(
            "value",
            arrow::datatypes::DataType::Utf8,
            true,
        )));
    for place in places {
        for (key, value) in place.tags.iter().flatten() {
            tags.keys().append_value(key);
            tags.values().append_value(value);
        }
        tags.append(place.tags.is_some())?;
    }
    let tags: ArrayRef = Arc::new(tags.finish());
    let schema = schema();
    let tags = match schema.field_with_name("tags") {
        Ok(field) => arrow::compute::cast(&tags, field.data_type())?,
        Err(_) => tags,
    };
    Ok(RecordBatch::try_new(
        schema,
        vec![
            text(|place| place.cluster.as_deref()),
            text(|place| place.region.as_deref()),
            text(|place| place.environment.as_deref()),
            text(|place| place.account.as_deref()),
            tags,
        ],
    )?)
}

/// For each place, whether all predicates over bare virtual columns are true of it.
///
/// # Errors
/// When a predicate cannot be evaluated.
pub fn select(places: &[Place], predicates: &[Expr]) -> Result<Vec<bool>, DataFusionError> {
    let batch = rows(places)?;
    let schema = DFSchema::try_from(batch.schema())?;
    let (props, planning) = (ExecutionProps::new(), PhysicalPlanningContext::default());
    let mut selected = vec![true; places.len()];
    for predicate in predicates {
        let physical = create_physical_expr(predicate, &schema, &props, &planning)?;
        let result = physical.evaluate(&batch)?.into_array(batch.num_rows())?;
        for (keep, holds) in selected.iter_mut().zip(result.as_boolean().iter()) {
            *keep &= holds == Some(true);
        }
    }
    Ok(selected)
}

/// The inventory that a query sees.
#[derive(Debug, Clone)]
pub struct View {
    /// All of it.
    pub inventory: Arc<Inventory>,
    visible: ClusterSet,
    globs: Vec<String>,
}

impl View {
    /// The clusters whose names match one of some globs; all of them when there are none.
    ///
    /// # Errors
    /// When a glob matches no cluster: a mistake rather than an empty answer.
    pub fn new(inventory: Arc<Inventory>, globs: &[String]) -> Result<Self, Error> {
        let names = || {
            inventory
                .clusters
                .iter()
                .map(|cluster| cluster.name.clone())
        };
        let mut visible = ClusterSet::new();
        for glob in globs {
            let matched: Vec<String> = names().filter(|name| glob_matches(glob, name)).collect();
            if matched.is_empty() {
                let near = trawl_lang::nearest(
                    glob,
                    inventory
                        .clusters
                        .iter()
                        .map(|cluster| cluster.name.as_str()),
                );
                let hint = near
                    .map(|near| format!("; did you mean `{near}`?"))
                    .unwrap_or_default();
                return Err(Error::Config(format!(
                    "no cluster is called `{glob}`{hint} (clusters: {})",
                    names().collect::<Vec<_>>().join(", ")
                )));
            }
            visible.extend(matched);
        }
        if globs.is_empty() {
            visible.extend(names());
        }
        Ok(Self {
            inventory,
            visible,
            globs: globs.to_vec(),
        })
    }

    /// What chose its clusters, for messages.
    pub fn words(&self) -> String {
        format!("the request's clusters ({})", self.globs.join(", "))
    }

    /// A cluster that the query sees.
    pub fn cluster(&self, name: &str) -> Option<&Cluster> {
        self.inventory
            .cluster(name)
            .filter(|cluster| self.visible.contains(&cluster.name))
    }
}

impl Fleet for View {
    fn clusters(&self) -> ClusterSet {
        self.visible.clone()
    }

    fn select(&self, predicate: &Expr) -> Result<ClusterSet, String> {
        let clusters: Vec<&Cluster> = self
            .inventory
            .clusters
            .iter()
            .filter(|cluster| self.visible.contains(&cluster.name))
            .collect();
        let places: Vec<Place> = clusters.iter().copied().map(Place::of).collect();
        let selected =
            select(&places, std::slice::from_ref(predicate)).map_err(|error| error.to_string())?;
        Ok(clusters
            .iter()
            .zip(selected)
            .filter(|(_, keep)| *keep)
            .map(|(cluster, _)| cluster.name.clone())
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::common::Column;
    use datafusion::logical_expr::lit;

    #[test]
    fn null_places_are_not_selected() {
        let places = [
            Place {
                environment: Some("production".into()),
                ..Place::default()
            },
            Place::default(),
        ];
        let selected = select(
            &places,
            &[Expr::Column(Column::from_name("environment")).eq(lit("production"))],
        )
        .unwrap();
        assert_eq!(selected, [true, false]);
    }
}
